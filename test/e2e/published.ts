/** A file of weights in the layout in which Keras publishes VGG16 without its top, with numbers drawn from a seed. */
import { readFile } from 'node:fs/promises';
import { File, ready } from 'h5wasm/node';
import { bases } from '../../src/model/bases/index.js';
import { initialWeights } from '../../src/model/initializers.js';

/** Keras 1's names of variables, which the published file has. */
const variables = { kernel: 'W', bias: 'b' } as const;

export async function publishedVgg16(path: string, seed: number): Promise<Buffer> {
  await ready;
  const graph = bases.vgg16.build!(1);
  const weights = initialWeights(graph, seed);
  const file = new File(path, 'w');
  file.create_attribute('layer_names', graph.layers.map(({ name }) => name));
  for (const { name } of graph.layers) {
    const group = file.create_group(name);
    const names: string[] = [];
    for (const [variable, short] of Object.entries(variables)) {
      const tensor = weights.get(`${name}/${variable}`);
      if (tensor === undefined) continue;
      const dataset = `${name}_${short}_1:0`;
      group.create_dataset({ name: dataset, data: tensor.data, shape: [...tensor.shape] });
      names.push(dataset);
    }
    if (names.length > 0) group.create_attribute('weight_names', names);
  }
  file.close();
  return readFile(path);
}

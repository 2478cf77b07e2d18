/** Files of weights in the layouts in which Keras publishes networks without their top, with numbers drawn from a seed. */
import { readFile } from 'node:fs/promises';
import { File, ready } from 'h5wasm/node';
import { bases } from '../../src/model/bases/index.js';
import type { Graph } from '../../src/model/graph.js';
import { initialWeights } from '../../src/model/initializers.js';
import type { Weights } from '../../src/model/tensor.js';

/** How Keras 1 called the variables of VGG16. */
const keras1: Readonly<Record<string, string>> = { kernel: 'W', bias: 'b' };

export const publishedVgg16 = (path: string, seed: number): Promise<Buffer> => {
  const graph = bases.vgg16.build!(1);
  return publish(path, graph, initialWeights(graph, seed), (layer, variable) => `${layer}_${keras1[variable]}_1:0`);
};

/** As Keras 2 wrote it. */
export const publishedMobilenetV2 = (path: string, alpha: number, seed: number): Promise<Buffer> => {
  const graph = bases.mobilenet_v2.build!(alpha);
  return publish(path, graph, initialWeights(graph, seed), (layer, variable) => `${layer}_1/${variable}:0`);
};

/** Writes such a file; `nameOf` gives the name of a variable within its layer's group. */
export async function publish(
  path: string,
  graph: Graph,
  weights: Weights,
  nameOf: (layer: string, variable: string) => string,
): Promise<Buffer> {
  await ready;
  const file = new File(path, 'w');
  file.create_attribute(
    'layer_names',
    graph.layers.map(({ name }) => name),
  );
  for (const { name } of graph.layers) {
    const group = file.create_group(name);
    const own = [...weights].filter(([key]) => key.startsWith(`${name}/`));
    const names = own.map(([key]) => nameOf(name, key.slice(name.length + 1)));
    for (const inner of new Set(names.filter((path) => path.includes('/')).map((path) => path.split('/')[0])))
      group.create_group(inner);
    own.forEach(([, { data, shape }], i) => group.create_dataset({ name: names[i], data, shape: [...shape] }));
    if (names.length > 0) group.create_attribute('weight_names', names);
  }
  file.close();
  return readFile(path);
}

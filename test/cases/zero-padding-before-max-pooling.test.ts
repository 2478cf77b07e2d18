/** ZeroPadding2D before a pool over values below zero, as in every ResNet V2, and narrow kernels with strides: Keras's numbers. */
import { expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { type Graph, type Layer, shapesOf, withInputShape } from '../../src/model/graph.js';
import { valueAt } from '../../src/model/layer-definition.js';
import { readLayersModel } from '../../src/model/layers-model/load.js';
import { writeLayersModel } from '../../src/model/layers-model/write.js';
import { preprocess } from '../../src/model/preprocessing.js';
import { sizeOf, type Tensor } from '../../src/model/tensor.js';
import type { Project } from '../e2e/rig.js';
import { madeUpWeights } from '../model/graphs.js';
import { projectWithBase } from './with-base.js';

const common = { trainable: true, useBias: true, activation: 'linear' } as const;
const conv = { ...common, kind: 'conv2d', filters: 8, dilation: [1, 1], padding: 'same' } as const;
const pool = {
  kind: 'max_pooling2d',
  name: 'pool',
  inputs: ['zeros'],
  trainable: true,
  strides: [2, 2],
  padding: 'valid',
} as const;
const first: Layer = { ...conv, name: 'first', inputs: ['image'], kernelSize: [3, 3], strides: [2, 2] };

const networks: Record<string, readonly Layer[]> = {
  'as in ResNet V2': [
    first,
    {
      kind: 'zero_padding2d',
      name: 'zeros',
      inputs: ['first'],
      trainable: true,
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
    { ...pool, poolSize: [3, 3] },
  ],
  'zeros as wide as the window': [
    first,
    {
      kind: 'zero_padding2d',
      name: 'zeros',
      inputs: ['first'],
      trainable: true,
      padding: [
        [2, 2],
        [3, 3],
      ],
    },
    { ...pool, poolSize: [2, 2] },
  ],
  'narrow kernels': [
    { ...conv, name: 'first', inputs: ['image'], kernelSize: [1, 3], strides: [2, 2] },
    { ...conv, name: 'second', inputs: ['first'], kernelSize: [3, 1], strides: [2, 2] },
  ],
};

async function writeBase(project: Project, layers: readonly Layer[]): Promise<void> {
  const graph: Graph = {
    name: 'base',
    layers: [{ kind: 'input', name: 'image', inputs: [], trainable: true, shape: [32, 32, 3] }, ...layers],
  };
  await mkdir(project.path('base'), { recursive: true });
  const { files } = writeLayersModel(graph, madeUpWeights(graph, 1), { generatedBy: 'test', userDefinedMetadata: {} });
  for (const [name, bytes] of files) await writeFile(project.path('base', name), bytes);
}

/** What the exported layers give for an image, number by number from their definitions. */
async function byDefinition(model: string, pixels: Buffer): Promise<number> {
  const { graph: read, weights } = await readLayersModel(model);
  const graph = withInputShape(read, [32, 32, 3]);
  const shapes = shapesOf(graph);
  const levels = new Float32Array(pixels.length);
  preprocess(Uint8Array.from(pixels), levels, { kind: 'mode', mode: 'tf' });
  const outputs = new Map<string, Tensor>();
  for (const layer of graph.layers) {
    if (layer.kind === 'onnx') throw new Error('no base of this test is an ONNX file');
    const shape = shapes.get(layer.name)!;
    const inputs = layer.inputs.map((name) => outputs.get(name)!);
    const data =
      layer.kind === 'input'
        ? levels
        : Float32Array.from({ length: sizeOf(shape) }, (_, index) => valueAt(layer, inputs, weights, shape, index));
    outputs.set(layer.name, { shape, data });
  }
  return outputs.get(graph.layers.at(-1)!.name)!.data[0];
}

test.each(Object.entries(networks))('%s', async (_, layers) => {
  const project = await projectWithBase(
    'architecture: layers_model\n    weights: base/model.json\n    preprocessing: tf',
  );
  try {
    await writeBase(project, layers);
    for (const engine of ['onnx', 'tfjs']) {
      const formats = engine === 'onnx' ? '[tfjs, onnx]' : '[tfjs]';
      const { code, stderr } = await project.command(
        'run',
        't.yaml',
        '--engine',
        engine,
        '--set',
        `stages.export.formats=${formats}`,
      );
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      const probes = JSON.parse(await project.read('models/pets/probes.json')) as {
        picture: string;
        outputs: number[];
      }[];
      expect(probes.length).toBeGreaterThan(1);
      for (const { picture, outputs } of probes) {
        const pixels = await sharp(await readFile(project.path('models/pets', picture)))
          .removeAlpha()
          .raw()
          .toBuffer();
        expect(
          Math.abs(outputs[0] - (await byDefinition(project.path('models/pets/model.json'), pixels))),
        ).toBeLessThan(1e-5);
      }
    }
  } finally {
    await project.remove();
  }
});

/** A file with a network of one's own under the name of a known architecture, and bases for something else than color images. */
import { expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { writeLayersModel } from '../../src/model/layers-model/write.js';
import type { Graph, Layer } from '../../src/model/graph.js';
import type { Project } from '../e2e/rig.js';
import { madeUpWeights } from '../model/graphs.js';
import { baseText, projectWithBase, trainsAndPredicts } from './with-base.js';

const common = { trainable: true, useBias: true, activation: 'relu' } as const;

async function writeBase(project: Project, shape: readonly number[]): Promise<void> {
  const layers: Layer[] = [
    { kind: 'input', name: 'image', inputs: [], trainable: true, shape },
    shape.length === 3
      ? {
          ...common,
          kind: 'conv2d',
          name: 'edges',
          inputs: ['image'],
          filters: 4,
          kernelSize: [3, 3],
          strides: [2, 2],
          dilation: [1, 1],
          padding: 'same',
        }
      : { ...common, kind: 'dense', name: 'edges', inputs: ['image'], units: 4 },
  ];
  const graph: Graph = { name: 'own', layers };
  const { files } = writeLayersModel(graph, madeUpWeights(graph, 1), {
    generatedBy: 'test',
    userDefinedMetadata: {},
    weightType: 'float32',
  });
  await mkdir(project.path('base'), { recursive: true });
  for (const [name, bytes] of files) await writeFile(project.path('base', name), bytes);
}

const base = (architecture: string, more = '') => `architecture: ${architecture}\n    weights: base/model.json${more}`;

test('another network is not taken for the architecture that is named', async () => {
  const project = await projectWithBase(base('mobilenet_v2'));
  try {
    await writeBase(project, [32, 32, 3]);
    for (const [name, expected] of [
      ['mobilenet_v2', 'bn_Conv1 (batch_normalization)'],
      ['vgg16', 'block1_conv1 (conv2d of 3x3 with 64 filters)'],
      ['compact32', 'compact32 has '],
    ] as const) {
      await project.write('t.yaml', baseText(base(name)));
      const { code, stderr } = await project.command('run', 't.yaml', 'load-base');
      expect([name, code]).toEqual([name, 2]);
      expect(stderr).toMatch(
        new RegExp(`t\\.yaml:\\d+[^]*contains a different network than ${name}: it has edges \\(`),
      );
      expect(stderr).toContain(expected);
      expect(stderr).toContain('write `architecture: layers_model`');
    }
    await project.write('t.yaml', baseText(base('layers_model', '\n    preprocessing: tf')));
    await trainsAndPredicts(project);
  } finally {
    await project.remove();
  }
});

test.each([
  [[32, 32, 1], 'takes images with 1 channel (layer image: 32 x 32 x 1), but images are read as RGB, which has 3'],
  [[32, 32, 4], 'takes images with 4 channels (layer image: 32 x 32 x 4)'],
  [[784], 'takes an input of 784 (layer image), which is not an image'],
] as const)('a base that takes %j is refused in plain words, whatever is frozen', async (shape, message) => {
  const project = await projectWithBase(base('layers_model', '\n    preprocessing: tf'));
  try {
    await writeBase(project, shape);
    for (const frozen of ['all', 'none']) {
      const { code, stderr } = await project.command('run', 't.yaml', '--set', `stages.freeze.layers=${frozen}`);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(stderr).not.toMatch(/onnxruntime|Tensor's/);
    }
  } finally {
    await project.remove();
  }
});

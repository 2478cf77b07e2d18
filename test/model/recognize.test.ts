import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bases, type Architecture } from '../../src/model/bases/index.js';
import { differenceFrom } from '../../src/model/bases/recognize.js';
import type { Graph, Layer } from '../../src/model/graph.js';
import { readLayersModel } from '../../src/model/layers-model/load.js';
import { readTopology } from '../../src/model/layers-model/read.js';
import { withoutTop } from '../../src/model/split.js';
import { testWithShared } from '../shared.js';

/** Topologies that Keras itself wrote. */
const applications = JSON.parse(
  gunzipSync(readFileSync('test/fixtures/keras/applications.json.gz')).toString(),
) as Record<string, { topology: unknown }>;
const written = Object.entries(applications).map(
  ([name, { topology }]) => [name.split(' ')[0] as Architecture, name, topology] as const,
);
const named = ['vgg16', 'vgg19', 'resnet50', 'mobilenet_v2'] as const;

const recognized = (graph: Graph, architecture: Architecture) =>
  differenceFrom(graph, bases[architecture].build!(1), { widths: architecture !== 'mobilenet_v2' });

test.each(written)('%s as Keras writes it (%s) is that and no other', (architecture, _, topology) => {
  const graph = readTopology(topology as never, 'model');
  expect(named.filter((name) => recognized(graph, name) === undefined)).toEqual([architecture]);
});

testWithShared('MobileNetV2 as an older Keras wrote it, with its top', async (shared) => {
  const { graph } = await readLayersModel(join(shared, 'weights', 'mobilenet-v2-0.35-224', 'model.json'));
  expect(recognized(withoutTop(graph), 'mobilenet_v2')).toBeUndefined();
});

describe('a network', () => {
  const whole = bases.mobilenet_v2.build!(1);
  const changed = (name: string, change: (layer: Layer) => Layer): Graph => ({
    ...whole,
    layers: whole.layers.map((layer) => (layer.name === name ? change(layer) : layer)),
  });

  test('that is cut off is still the same, one of a few layers is not', () => {
    expect(recognized({ ...whole, layers: whole.layers.slice(0, 60) }, 'mobilenet_v2')).toBeUndefined();
    expect(recognized({ ...whole, layers: whole.layers.slice(0, 4) }, 'mobilenet_v2')).toMatchObject({
      found: undefined,
      expected: expect.stringContaining('expanded_conv_depthwise'),
    });
  });

  test('may differ in what releases of Keras differ in', () => {
    const padded: Layer = {
      kind: 'zero_padding2d',
      name: 'Conv1_pad',
      inputs: ['input_1'],
      trainable: true,
      padding: [
        [0, 1],
        [0, 1],
      ],
    };
    const conv = changed('Conv1', (layer) => ({ ...layer, inputs: ['Conv1_pad'], padding: 'valid' }) as Layer);
    expect(
      recognized({ ...conv, layers: [conv.layers[0], padded, ...conv.layers.slice(1)] }, 'mobilenet_v2'),
    ).toBeUndefined();
    expect(
      recognized(
        changed('bn_Conv1', (layer) => ({ ...layer, epsilon: 1e-5 }) as Layer),
        'mobilenet_v2',
      ),
    ).toBeUndefined();
  });

  test.each([
    [
      'another kernel',
      'block_1_depthwise',
      { kernelSize: [5, 5] },
      'block_1_depthwise (depthwise_conv2d of 5x5, strides of 2x2)',
      'block_1_depthwise (depthwise_conv2d of 3x3, strides of 2x2)',
    ],
    ['another activation', 'Conv1_relu', { activation: 'relu' }, 'Conv1_relu (relu)', 'Conv1_relu (relu6)'],
    [
      'other strides',
      'Conv_1',
      { strides: [2, 2] },
      'Conv_1 (conv2d of 1x1, strides of 2x2)',
      'Conv_1 (conv2d of 1x1)',
    ],
  ] as const)('with %s is another one', (_, name, change, found, expected) => {
    expect(
      recognized(
        changed(name, (layer) => ({ ...layer, ...change }) as Layer),
        'mobilenet_v2',
      ),
    ).toEqual({ found, expected });
  });

  test('with other connections is another one', () => {
    const moved = changed(
      'block_2_add',
      (layer) => ({ ...layer, inputs: ['block_2_expand_BN', 'block_2_project_BN'] }) as Layer,
    );
    expect(recognized(moved, 'mobilenet_v2')).toMatchObject({ found: 'block_2_add (add)' });
  });
});

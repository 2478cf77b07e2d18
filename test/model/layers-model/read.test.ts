import { describe, expect, test } from '@jest/globals';
import { PipelineError } from '../../../src/core/problem.js';
import { readNetwork, readTopology } from '../../../src/model/layers-model/read.js';

type Entry = {
  class_name: string;
  module?: string;
  name?: string;
  config: Record<string, unknown>;
  inbound_nodes?: unknown;
};

const input: Entry = {
  class_name: 'InputLayer',
  name: 'x',
  config: { name: 'x', batch_input_shape: [null, 8, 8, 3] },
  inbound_nodes: [],
};

function layer(className: string, name: string, config: Record<string, unknown>, ...from: string[]): Entry {
  return {
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: [from.map((source) => [source, 0, 0, {}])],
  };
}

function model(layers: Entry[], output: string, more: Record<string, unknown> = {}): unknown {
  const config = { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [[output, 0, 0]], ...more };
  return { class_name: 'Model', config };
}

const conv = { filters: 2, kernel_size: [3, 3] };

/** The problem that reading a topology ends in. */
function refusal(topology: unknown): string {
  try {
    readTopology(topology, 'model.json');
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    expect(error.category).toBe('bad-data');
    const [{ where, found, expected }] = error.problems;
    return `${where}: ${found}; ${expected}`;
  }
  return 'accepted';
}

test("defaults are Keras's", () => {
  const layers = [
    input,
    layer('Conv2D', 'c', conv, 'x'),
    layer('MaxPooling2D', 'p', { pool_size: 3 }, 'c'),
    layer('BatchNormalization', 'b', { axis: [3] }, 'p'),
    layer('ZeroPadding2D', 'z', { padding: [1, 2] }, 'b'),
    layer('ReLU', 'r', { max_value: 6, negative_slope: 0, threshold: 0 }, 'z'),
  ];
  expect(readTopology(model(layers, 'r'), 'model.json').layers.slice(1)).toEqual([
    {
      kind: 'conv2d',
      name: 'c',
      inputs: ['x'],
      trainable: true,
      filters: 2,
      kernelSize: [3, 3],
      strides: [1, 1],
      dilation: [1, 1],
      padding: 'valid',
      useBias: true,
      activation: 'linear',
    },
    {
      kind: 'max_pooling2d',
      name: 'p',
      inputs: ['c'],
      trainable: true,
      poolSize: [3, 3],
      strides: [3, 3],
      padding: 'valid',
    },
    {
      kind: 'batch_normalization',
      name: 'b',
      inputs: ['p'],
      trainable: true,
      statistics: 'batch',
      epsilon: 1e-3,
      momentum: 0.99,
      scale: true,
      center: true,
    },
    {
      kind: 'zero_padding2d',
      name: 'z',
      inputs: ['b'],
      trainable: true,
      padding: [
        [1, 1],
        [2, 2],
      ],
    },
    { kind: 'activation', name: 'r', inputs: ['z'], trainable: true, activation: 'relu6' },
  ]);
});

test('layers are put in topological order, and those that the output does not need are left out', () => {
  const relu = (name: string, from: string) => layer('ReLU', name, {}, from);
  const layers = [layer('Add', 'sum', {}, 'b', 'x'), relu('b', 'a'), relu('unused', 'x'), relu('a', 'x'), input];
  expect(readTopology(model(layers, 'sum'), 'model.json').layers.map(({ name }) => name)).toEqual([
    'x',
    'a',
    'b',
    'sum',
  ]);
});

test("Keras 3's references and shapes, and a nested model_config, are read", () => {
  const keras = (from: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 8, 8, 3], dtype: 'float32', keras_history: [from, 0, 0] },
  });
  const call = (...args: unknown[]) => [{ args, kwargs: {} }];
  const layers = [
    {
      class_name: 'InputLayer',
      name: 'x',
      config: { name: 'x', batch_shape: [null, null, null, 3] },
      inbound_nodes: [],
    },
    { class_name: 'ReLU', name: 'a', config: { name: 'a' }, inbound_nodes: call(keras('x')) },
    { class_name: 'Add', name: 'sum', config: { name: 'sum' }, inbound_nodes: call([keras('a'), keras('x')]) },
  ];
  const config = { name: 'm', layers, input_layers: ['x', 0, 0], output_layers: ['sum', 0, 0] };
  const graph = readTopology({ model_config: { class_name: 'Functional', config } }, 'model.json');
  expect(graph.layers.map(({ name, inputs }) => [name, ...inputs])).toEqual([['x'], ['a', 'x'], ['sum', 'a', 'x']]);
  expect(graph.layers[0]).toMatchObject({ shape: [null, null, 3] });
});

test('a sequential model is a chain, with the input of its first layer', () => {
  const layers: Entry[] = [
    { class_name: 'Dense', config: { name: 'd', units: 4, batch_input_shape: [null, 6], activation: 'relu' } },
    { class_name: 'Softmax', config: { name: 's' } },
  ];
  const read = readTopology({ class_name: 'Sequential', config: layers }, 'model.json').layers;
  const chain = read.map(({ kind, name, inputs }) => [kind, name, ...inputs]);
  expect(chain).toEqual([
    ['input', 'd_input'],
    ['dense', 'd', 'd_input'],
    ['activation', 's', 'd'],
  ]);
});

test('a top that is left out need not be understood, and a pooling inside a block ends nothing', () => {
  const names = (layers: Entry[], output: string) =>
    readNetwork(model([input, ...layers], output), 'model.json', { withoutTop: true }).graph.layers.map(
      ({ name }) => name,
    );
  const pooled = layer('GlobalAveragePooling2D', 'gap', { keepdims: true }, 'c');
  const top = [pooled, layer('Reshape', 'shape', { target_shape: [2] }, 'gap'), layer('Lambda', 'code', {}, 'shape')];
  expect(names([layer('Conv2D', 'c', conv, 'x'), ...top], 'code')).toEqual(['x', 'c']);
  expect(() => readTopology(model([input, layer('Conv2D', 'c', conv, 'x'), ...top], 'code'), 'model.json')).toThrow(
    'a layer of the class Lambda',
  );
  // A block that weighs its channels: cut at its pooling, it would lose itself and all that follows.
  const weighed = [
    layer('Conv2D', 'c', conv, 'x'),
    pooled,
    layer('Conv2D', 'gate', { ...conv, kernel_size: 1 }, 'gap'),
    layer('Add', 'sum', {}, 'c', 'gate'),
    layer('Flatten', 'flat', {}, 'sum'),
  ];
  expect(names(weighed, 'flat')).toEqual(['x', 'c', 'gap_pooled', 'gap', 'gate', 'sum']);
});

test('layers that only vary images are left out, however they are called', () => {
  const varied = [
    { ...layer('RandomFlip', 'flip', {}), inbound_nodes: [[['x', 0, 0, { training: true }]]] },
    layer('ReLU', 'r', {}, 'flip'),
  ];
  expect(
    readTopology(model([input, ...varied], 'r'), 'model.json').layers.map(({ name, inputs }) => [name, ...inputs]),
  ).toEqual([['x'], ['r', 'x']]);
});

test('an inner model is unfolded in its place, wherever the list has it', () => {
  const inner = (entry: Entry, from: string) => ({ ...entry, inbound_nodes: [[[from, 0, 0, {}]]] });
  const base = {
    class_name: 'Model',
    name: 'base',
    config: {
      name: 'base',
      layers: [{ ...input, name: 'in' }, layer('ReLU', 'r', {}, 'in')],
      input_layers: [['in', 0, 0]],
      output_layers: [['r', 0, 0]],
    },
  };
  const last = { ...layer('ReLU', 'last', {}), inbound_nodes: [[['base', 1, 0, {}]]] };
  const layers = [last, inner(base, 'first'), layer('ReLU', 'first', {}, 'x'), input];
  expect(readTopology(model(layers, 'last'), 'model.json').layers.map(({ name, inputs }) => [name, ...inputs])).toEqual(
    [['x'], ['first', 'x'], ['r', 'first'], ['last', 'r']],
  );
  const itself = [input, { ...base, inbound_nodes: [[['base', 0, 0, {}]]] }];
  expect(refusal(model(itself, 'base'))).toMatch(/cycle/);
});

describe('refused, by the name of the layer', () => {
  const after = (className: string, config = {}) => model([input, layer(className, 'y', config, 'x')], 'y');
  const called = (...nodes: unknown[]) => model([input, { ...layer('ReLU', 'y', {}), inbound_nodes: nodes }], 'y');
  const shared = called([['x', 0, 0, {}]], [['y', 0, 0, {}]]);
  const cycle = model([input, layer('Add', 'a', {}, 'b', 'x'), layer('ReLU', 'b', {}, 'a')], 'b');
  const twice = [
    ['x', 0, 0],
    ['z', 0, 0],
  ];
  test.each([
    ['an unknown class', after('GRU'), /^layer y: a layer of the class GRU; one of InputLayer, Conv2D,/],
    ['code', after('Lambda'), /^layer y: a layer of the class Lambda, which is code; layers of Keras's own/],
    [
      'a class of others',
      model([input, { ...layer('ReLU', 'y', {}, 'x'), module: 'kerasy.layers' }], 'y'),
      /^layer y: a layer of the class ReLU from kerasy.layers;/,
    ],
    [
      'a call with arguments by Keras 3',
      called({ args: [{ config: { keras_history: ['x', 0, 0] } }], kwargs: { mask: 1, training: false } }),
      /^layer y: it is called with mask/,
    ],
    ['a name of Object.prototype', after('constructor'), /^layer y: a layer of the class constructor;/],
    [
      'channels first',
      after('Conv2D', { ...conv, data_format: 'channels_first' }),
      /^layer y: data_format is "channels_first"/,
    ],
    ['groups', after('Conv2D', { ...conv, filters: 3, groups: 2 }), /^layer y: groups is 2; a divisor of the filters/],
    [
      'groups that channels cannot be divided into',
      model(
        [input, layer('Conv2D', 'c', { ...conv, filters: 3 }, 'x'), layer('Conv2D', 'y', { ...conv, groups: 2 }, 'c')],
        'y',
      ),
      /^layer y: groups is 2, for 3 channels; a divisor of the channels/,
    ],
    [
      'a product of shapes that do not fit',
      model([input, layer('Conv2D', 'c', conv, 'x'), layer('Multiply', 'y', {}, 'c', 'x')], 'y'),
      /^layer y: it reads tensors of the shapes \[6,6,2\] and \[8,8,3\]; shapes that fit/,
    ],
    [
      'a shape of other numbers',
      after('Reshape', { target_shape: [7, -1] }),
      /^layer y: it gives \[8,8,3\] the shape \[7,-1\]; as many numbers/,
    ],
    [
      'hard_silu inside a layer',
      after('Conv2D', { ...conv, activation: 'hard_silu' }),
      /^layer y: activation is "hard_silu"; linear or/,
    ],
    [
      'an activation',
      after('Dense', { units: 2, activation: 'softsign' }),
      /^layer y: activation is "softsign"; linear or relu/,
    ],
    ['a leaky ReLU', after('ReLU', { negative_slope: 0.1 }), /^layer y: negative_slope is 0.1; 0/],
    ['a threshold', after('ReLU', { threshold: 1 }), /^layer y: threshold is 1; 0/],
    ['another bound', after('ReLU', { max_value: 1 }), /^layer y: max_value is 1; 6, or none/],
    ['BatchNorm over rows', after('BatchNormalization', { axis: 2 }), /^layer y: axis is 2; -1/],
    ['no filters', after('Conv2D', { ...conv, filters: 0 }), /^layer y: filters is 0; a positive integer/],
    ['a sum of one', after('Add'), /^layer y: a layer of the class Add reads 1 layers; at least 2/],
    ['a shared layer', shared, /^layer y: the layer is used 2 times/],
    ['a call with arguments', called([['x', 0, 0, { training: true }]]), /^layer y: it is called with training/],
    ['a cycle', cycle, /^model.json: the layers form a cycle/],
    ['a missing source', called([['nobody', 0, 0, {}]]), /^model.json: the layer nobody is read but/],
    ['two outputs', model([input], 'x', { output_layers: twice }), /^model.json: the model has 2 outputs; one output/],
    ['two inputs', model([input], 'x', { input_layers: twice }), /^model.json: the model has 2 inputs; one input/],
    [
      'a model of another kind',
      { class_name: 'Graph', config: {} },
      /^model.json: the model's class is "Graph"; Model, /,
    ],
    ['no topology', undefined, /^model.json: modelTopology is missing; an object/],
  ])('%s', (_, topology, message) => {
    expect(refusal(topology)).toMatch(message);
  });
});

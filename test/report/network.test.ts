/** The table of a network: within the terminal, in Keras's words. */
import { expect, test } from '@jest/globals';
import { memory, networkLines } from '../../src/report/network/lines.js';
import type { Network, NetworkLayer } from '../../src/report/network/network.js';
import { columnsOf } from '../../src/report/text-width.js';

const layer = (name: string, type: string, inputs: readonly string[], parameters = 0): NetworkLayer => ({
  name,
  type,
  output_shape: [null, 7, 7, 960],
  parameters,
  trainable: parameters === 0 ? null : false,
  inputs,
});

const amount = { parameters: 8640, bytes: 34560 };
const network: Network = {
  name: 'net',
  layers: [
    layer('input_1', 'InputLayer', []),
    layer('block_15_depthwise_with_a_long_name_\u001b[31m', 'DepthwiseConv2D', ['input_1'], 8640),
    layer('block_15_add', 'Add', ['input_1', 'block_15_depthwise_with_a_long_name_\u001b[31m']),
  ],
  total: amount,
  trained: { trainable: { parameters: 0, bytes: 0 }, non_trainable: amount },
};

test('a network that branches shows what each layer reads, one below the other, within the terminal', () => {
  expect(networkLines(network, 'Model: "net" (train)', { color: false, width: 80 })).toEqual([
    'Model: "net" (train)',
    'Layer (type)             Output Shape       Param #  Trainable  Connected to',
    'input_1 (InputLayer)     (None, 7, 7, 960)        0  -',
    'block_15_depthwise_wit…  (None, 7, 7, 960)    8,640  no         input_1',
    '(DepthwiseConv2D)',
    'block_15_add (Add)       (None, 7, 7, 960)        0  -          input_1',
    '                                                                block_15_depthw…',
    '',
    'Total params: 8,640 (33.75 KB)',
    'Trainable params: 0 (0.00 B)',
    'Non-trainable params: 8,640 (33.75 KB)',
  ]);
  for (const width of [40, 60, 200])
    for (const line of networkLines(network, 'Model', { color: false, width }))
      expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(width, 70));
});

test('in a pipe each layer is one line, whole and without control characters', () => {
  const lines = networkLines(network, 'Model', { color: false, width: Infinity });
  expect(lines).toHaveLength(9);
  expect(lines[3]).toMatch(/^block_15_depthwise_with_a_long_name_\?\[31m \(DepthwiseConv2D\) {2}/);
  expect(lines[4]).toMatch(/input_1, block_15_depthwise_with_a_long_name_\?\[31m$/);
});

test('sizes are written as Keras writes them', () => {
  expect([0, 1023, 1024, 440_860, 84_550_916, 2 ** 31].map(memory)).toEqual([
    '0.00 B',
    '1023.00 B',
    '1.00 KB',
    '430.53 KB',
    '80.63 MB',
    '2.00 GB',
  ]);
});

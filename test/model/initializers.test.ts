import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/model/graph.js';
import { initialWeights, type KernelInitializer } from '../../src/model/initializers.js';
import { everyLayer } from './graphs.js';

/** A convolution of 3 x 3 from 40 to 80 channels: 360 numbers in, 720 out. */
const wide: Graph = {
  name: 'wide',
  layers: [
    { kind: 'input', name: 'x', inputs: [], trainable: true, shape: [4, 4, 40] },
    {
      kind: 'conv2d',
      name: 'y',
      inputs: ['x'],
      trainable: true,
      filters: 80,
      kernelSize: [3, 3],
      strides: [1, 1],
      dilation: [1, 1],
      padding: 'same',
      useBias: true,
      activation: 'linear',
    },
  ],
};

const kernelBy = (initializer: KernelInitializer) =>
  initialWeights(wide, 1, undefined, () => initializer).get('y/kernel')!.data;

describe("by Keras's formulas", () => {
  test.each([
    ['glorot_uniform', Math.sqrt(6 / 1080), Math.sqrt(2 / 1080)],
    ['he_uniform', Math.sqrt(6 / 360), Math.sqrt(2 / 360)],
    // A truncated normal reaches two of its own deviations, and what is left deviates by 0.8796 of it.
    ['glorot_normal', (2 * Math.sqrt(2 / 1080)) / 0.87962566, Math.sqrt(2 / 1080)],
    ['he_normal', (2 * Math.sqrt(2 / 360)) / 0.87962566, Math.sqrt(2 / 360)],
  ] as const)('%s has its limit and its deviation', (initializer, limit, deviation) => {
    const kernel = kernelBy(initializer);
    const largest = kernel.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6));
    expect(largest).toBeGreaterThan(limit * 0.99);
    const mean = kernel.reduce((sum, x) => sum + x, 0) / kernel.length;
    expect(Math.abs(mean)).toBeLessThan(deviation / 50);
    expect(Math.sqrt(kernel.reduce((sum, x) => sum + x * x, 0) / kernel.length) / deviation).toBeCloseTo(1, 1);
  });

  test('zeros, biases and BatchNorm draw nothing', () => {
    expect(kernelBy('zeros').every((x) => x === 0)).toBe(true);
    const weights = initialWeights(everyLayer(), 1);
    const only = (name: string) => [...new Set(weights.get(name)!.data)];
    const names = ['bn1/gamma', 'bn1/beta', 'bn1/moving_mean', 'bn1/moving_variance', 'dw1/bias'];
    expect(names.map(only)).toEqual([[1], [0], [0], [1], [0]]);
  });
});

test('a weight depends on the seed and its own name, not on the layers beside it', () => {
  const all = initialWeights(everyLayer(), 1);
  const one = initialWeights(everyLayer(), 1, ({ name }) => name === 'gate');
  expect([...one.keys()]).toEqual(['gate/kernel', 'gate/bias']);
  expect(one.get('gate/kernel')).toEqual(all.get('gate/kernel'));
  expect(initialWeights(everyLayer(), 2).get('gate/kernel')).not.toEqual(all.get('gate/kernel'));
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { adamStepSize, type Optimizer, slotCount, updateInPlace } from '../../src/model/optimizer.js';

/** One weight through steps with the gradients and rates given; its value after each. */
function path(optimizer: Optimizer, start: number, gradients: number[], rates: number[]): number[] {
  const weight = Float32Array.of(start);
  const slots = Array.from({ length: slotCount(optimizer) }, () => new Float32Array(1));
  return gradients.map((gradient, i) => {
    updateInPlace(optimizer, weight, Float32Array.of(gradient), slots, rates[i], i + 1);
    return weight[0];
  });
}

/** Values worked out by hand from Keras's formulas, with numbers that leave no rounding to speak of. */
describe("Keras's values", () => {
  const rmsprop = { kind: 'rmsprop', rho: 0.25, momentum: 0, epsilon: 1 } as const;
  const adam = { kind: 'adam', beta1: 0.5, beta2: 0.75, epsilon: 0 } as const;
  test.each<[string, Optimizer, number[], number[], number[]]>([
    ['plain descent', { kind: 'sgd', momentum: 0, nesterov: false }, [2, -1], [0.1, 0.1], [0.8, 0.9]],
    // v: -0.2, then -0.1 + 0.1.
    ['momentum', { kind: 'sgd', momentum: 0.5, nesterov: false }, [2, -1], [0.1, 0.1], [0.8, 0.8]],
    // The buffer holds the rate: at a tenth of it the old velocity still acts whole. v: -0.2, then -0.1 - 0.02.
    [
      'momentum under a changed rate',
      { kind: 'sgd', momentum: 0.5, nesterov: false },
      [2, 2],
      [0.1, 0.01],
      [0.8, 0.68],
    ],
    // 0.5 v - pull: -0.1 - 0.2, then v = -0.1 - 0.2 = -0.3, -0.15 - 0.2.
    ['Nesterov', { kind: 'sgd', momentum: 0.5, nesterov: true }, [2, 2], [0.1, 0.1], [0.7, 0.35]],
    // s: 0.75 x 4 = 3, root of 3 + 1 = 2; then 0.25 x 3 + 0.75 x 3 = 3 again.
    ['RMSprop', rmsprop, [2, Math.sqrt(3)], [0.1, 0.1], [0.9, 0.9 - Math.sqrt(3) / 20]],
    ['RMSprop with momentum', { ...rmsprop, momentum: 0.5 }, [2, 0], [0.1, 0.1], [0.9, 0.85]],
    // Epsilon joins the root of the uncorrected moment: m = 1, v = 1, step size 0.1 x sqrt(0.25) / 0.5, so 0.1 x 1 / (1 + 1).
    ['Adam with a large epsilon', { ...adam, epsilon: 1 }, [2], [0.1], [0.95]],
    // Second step: m = 0.5, v = 0.75; step size 0.1 x sqrt(1 - 0.5625) / 0.75, times 0.5 / sqrt(0.75).
    ['Adam', adam, [2, 0], [0.1, 0.1], [0.9, 0.9 - Math.sqrt(0.4375 / 0.75) / 15]],
  ])('%s', (_, optimizer, gradients, rates, expected) => {
    path(optimizer, 1, gradients, rates).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });
});

test("Adam's first step is the rate itself, whatever the size of the gradient", () => {
  const adam = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
  expect(adamStepSize(adam, 0.01, 1)).toBeCloseTo((0.01 * Math.sqrt(0.001)) / 0.1, 12);
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 100, noNaN: true }), fc.boolean(), (size, down) => {
      const [after] = path(adam, 0, [down ? -size : size], [0.01]);
      expect(after).toBeCloseTo(down ? 0.01 : -0.01, 5);
    }),
  );
});

test('every optimizer finds the bottom of a bowl', () => {
  const optimizers: Optimizer[] = [
    { kind: 'sgd', momentum: 0, nesterov: false },
    { kind: 'sgd', momentum: 0.9, nesterov: true },
    { kind: 'rmsprop', rho: 0.9, momentum: 0, epsilon: 1e-7 },
    { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  ];
  for (const optimizer of optimizers) {
    const weight = Float32Array.of(3, -2);
    const slots = Array.from({ length: slotCount(optimizer) }, () => new Float32Array(2));
    for (let step = 1; step <= 500; step++)
      updateInPlace(
        optimizer,
        weight,
        weight.map((w) => 2 * (w - 1)),
        slots,
        0.02,
        step,
      );
    expect(Math.max(...weight.map((w) => Math.abs(w - 1)))).toBeLessThan(0.05);
  }
});

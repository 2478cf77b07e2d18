import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Loss, lossFromLogits } from '../../src/model/loss.js';

const rows = 3;

const floatsOf = (values: readonly number[]) => Float32Array.from(values);

/** Logits, targets and weights of a small batch: single sigmoids, or one-hot rows of three. */
function batchOf(loss: Loss): fc.Arbitrary<{ logits: Float32Array; targets: Float32Array; weights: Float32Array }> {
  const units = loss === 'binary_crossentropy' ? 1 : 3;
  const floats = (length: number, min: number, max: number) =>
    fc.array(fc.double({ min, max, noNaN: true }), { minLength: length, maxLength: length }).map(floatsOf);
  const target = (label: number) => (units === 1 ? [label] : [0, 1, 2].map((i) => Number(i === label)));
  const labels = fc.array(fc.nat({ max: units === 1 ? 1 : 2 }), { minLength: rows, maxLength: rows });
  return fc.record({
    logits: floats(rows * units, -5, 5),
    targets: labels.map((classes) => floatsOf(classes.flatMap(target))),
    weights: floats(rows, 0, 3),
  });
}

describe.each(['binary_crossentropy', 'categorical_crossentropy'] as const)('%s', (loss) => {
  test('the gradient is the slope of the loss, by central differences', () => {
    fc.assert(
      fc.property(batchOf(loss), ({ logits, targets, weights }) => {
        const { gradient } = lossFromLogits(loss, logits, targets, weights, rows);
        const at = (index: number, by: number) => {
          const moved = logits.map((x, i) => (i === index ? x + by : x));
          return { x: moved[index], loss: lossFromLogits(loss, moved, targets, weights, rows).loss };
        };
        for (let i = 0; i < logits.length; i++) {
          const [above, below] = [at(i, 1e-2), at(i, -1e-2)];
          expect(gradient[i]).toBeCloseTo((above.loss - below.loss) / (above.x - below.x), 4);
        }
      }),
    );
  });

  test('huge logits give finite losses, and gradients that still point the right way', () => {
    const wrong = {
      binary_crossentropy: { logits: [1000, -1000], targets: [0, 1], value: 1000, gradient: [0.5, -0.5] },
      categorical_crossentropy: {
        logits: [1000, -1000, -1000, 1000],
        targets: [0, 1, 1, 0],
        value: 2000,
        gradient: [0.5, -0.5, -0.5, 0.5],
      },
    };
    const { logits, targets, value, gradient } = wrong[loss];
    const result = lossFromLogits(loss, floatsOf(logits), floatsOf(targets), floatsOf([1, 1]), 2);
    expect(result.loss).toBe(value);
    expect([...result.gradient]).toEqual(gradient);
  });
});

test('values by hand: log 2 for an even chance, weights multiplied in, divided by the count', () => {
  const even = lossFromLogits('binary_crossentropy', floatsOf([0, Math.log(3)]), floatsOf([1, 1]), floatsOf([1, 2]), 2);
  expect(even.loss).toBeCloseTo((Math.log(2) + 2 * Math.log(4 / 3)) / 2, 6);
  expect([...even.predictions]).toEqual([0.5, expect.closeTo(0.75, 6)]);
  expect([...even.gradient]).toEqual([-0.25, expect.closeTo(-0.25, 6)]);
  const logits = floatsOf([0, 0, Math.log(2)]);
  const softmax = lossFromLogits('categorical_crossentropy', logits, floatsOf([0, 0, 1]), floatsOf([1]), 1);
  expect(softmax.loss).toBeCloseTo(Math.log(2), 6);
  expect([...softmax.gradient]).toEqual([0.25, 0.25, -0.5].map((x) => expect.closeTo(x, 6)));
});

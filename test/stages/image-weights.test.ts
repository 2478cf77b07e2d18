/** Weights of images in the loss of training. */
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../src/core/digest.js';
import { digests, train } from './made-up-training.js';

describe.each([false, true])('weights of images, tfjs %s', (tfjs) => {
  /** One step on all 18 images: its loss is that of the weights that training starts with. */
  const firstLoss = async (weights?: ReadonlyMap<Digest, number>): Promise<number> => {
    const { history } = await train({
      config: { epochs: 1, batch_size: 18 },
      program: { batchSize: 18 },
      weights,
      tfjs,
    });
    return history[0].loss;
  };

  // Keras 3.15.1: BinaryCrossentropy()([[1], [0], [1]], [[0.8], [0.3], [0.4]], sample_weight=[2, 0.5, 0]) is 0.20821,
  // the weighted sum by 3; by the sum of the weights it would be 0.24985. Keras takes no class_weight beside them.
  test('multiply those of the classes, and the sum is divided by the number of images, as in Keras', async () => {
    const parts = await Promise.all(
      digests
        .slice(0, 18)
        .map((only) => firstLoss(new Map(digests.map((digest) => [digest, digest === only ? 1 : 0])))),
    );
    const weights = new Map(digests.map((digest, i) => [digest, (i % 5) / 2]));
    const expected = digests.slice(0, 18).reduce((sum, digest, i) => sum + weights.get(digest)! * parts[i], 0);
    expect(await firstLoss(weights)).toBeCloseTo(expected, 5);
    expect(await firstLoss(new Map(digests.map((digest) => [digest, 1])))).toBe(await firstLoss());
    expect(parts[1] / parts[0]).not.toBeCloseTo(1, 1);
  });
});

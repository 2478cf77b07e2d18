import { describe, expect, test } from '@jest/globals';
import { PacedRun } from '../../src/features/paced-run.js';

/** A network that doubles rows of two numbers, at so many milliseconds a picture. */
function scene(msEach: number, signal = new AbortController().signal) {
  const parts: number[] = [];
  let now = 0;
  const runner = {
    run: (inputs: Float32Array, count: number) => {
      parts.push(count);
      now += count * msEach;
      expect(inputs).toHaveLength(count * 2);
      return Promise.resolve(inputs.map((number) => number * 2));
    },
    dispose: () => undefined,
  };
  return { paced: new PacedRun(runner, signal, () => now), parts };
}

const rows = (count: number): Float32Array => Float32Array.from({ length: count * 2 }, (_, i) => i);

describe('parts of a batch', () => {
  test('of a slow network take some 300 ms; rows keep their order', async () => {
    const { paced, parts } = scene(100);
    expect(await paced.run(rows(16), 16)).toEqual(rows(16).map((number) => number * 2));
    expect(parts).toEqual([1, 3, 3, 3, 3, 3]);
  });

  test('of a fast network soon are whole batches', async () => {
    const { paced, parts } = scene(0.5);
    for (let batch = 0; batch < 3; batch++) await paced.run(rows(256), 256);
    expect(parts).toEqual([1, 8, 64, 183, 256, 256]);
  });

  test('an interruption ends it between two of them', async () => {
    const controller = new AbortController();
    const { paced, parts } = scene(1000, controller.signal);
    const running = paced.run(rows(16), 16);
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(parts).toEqual([1]);
  });
});

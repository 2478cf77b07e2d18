/** Batches: order, how far ahead loading goes, what an early end waits for, and what errors say. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failure, type PipelineError } from '../../src/core/problem.js';
import { Random } from '../../src/core/random.js';
import { imageBatches, type BatchOptions } from '../../src/image/batches.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const image = (item: number) => Float32Array.of(item, item + 0.5);
const badImage = () => failure('bad-data', { code: 'picture-not-decodable', found: 'the image cannot be decoded' });

function options(count: number, more: Partial<BatchOptions<number>> = {}): BatchOptions<number> {
  return {
    items: range(count),
    batchSize: 4,
    inFlight: 3,
    numbersPerImage: 2,
    nameOf: (item) => `${item}.jpg`,
    load: async (item) => {
      await turn();
      return image(item);
    },
    ...more,
  };
}

/** All batches, with copies of their pixels. */
async function collect(of: BatchOptions<number>): Promise<{ items: readonly number[]; pixels: number[] }[]> {
  const batches: { items: readonly number[]; pixels: number[] }[] = [];
  for await (const { items, pixels } of imageBatches(of)) batches.push({ items, pixels: [...pixels] });
  return batches;
}

/** Lets everything that can continue without the consumer continue. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await turn();
}

describe('order', () => {
  test('items keep theirs, whichever load ends first, and skipped ones leave no gap', async () => {
    const setting = fc.record({
      count: fc.nat(40),
      batchSize: fc.integer({ min: 1, max: 9 }),
      inFlight: fc.integer({ min: 1, max: 8 }),
      skipped: fc.uniqueArray(fc.nat(40)),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(setting, async ({ count, batchSize, inFlight, skipped, seed }) => {
        const load = async (item: number) => {
          for (let wait = Random.keyed(seed, item).below(6); wait > 0; wait--) await turn();
          if (skipped.includes(item)) throw badImage();
          return image(item);
        };
        const batches = await collect(options(count, { batchSize, inFlight, load, onBad: () => 'skip' }));
        const kept = range(count).filter((item) => !skipped.includes(item));
        expect(batches.flatMap(({ items }) => items)).toEqual(kept);
        expect(batches.flatMap(({ pixels }) => pixels)).toEqual(kept.flatMap((item) => [item, item + 0.5]));
        expect(batches.slice(0, -1).every(({ items }) => items.length === batchSize)).toBe(true);
        expect(batches.length).toBe(Math.ceil(kept.length / batchSize));
      }),
      { numRuns: 60 },
    );
  });

  test('a batch stays as it is until the next but one is asked for', async () => {
    const batches = imageBatches(options(12));
    const first = await batches.next();
    const kept = [...first.value!.pixels];
    await batches.next();
    await settle();
    expect([...first.value!.pixels]).toEqual(kept);
    const third = await batches.next();
    expect(third.value!.pixels.buffer).toBe(first.value!.pixels.buffer);
  });
});

describe('bounds', () => {
  test('no more loads at once than allowed, and no more than two batches ahead of a slow consumer', async () => {
    let running = 0;
    let most = 0;
    let started = 0;
    const load = async (item: number) => {
      started++;
      most = Math.max(most, ++running);
      await turn();
      running--;
      return image(item);
    };
    let taken = 0;
    for await (const { items } of imageBatches(options(40, { load }))) {
      taken += items.length;
      await settle();
      expect(started).toBeLessThanOrEqual(taken + 8);
      // The loader continued while the consumer was busy.
      expect(started).toBeGreaterThanOrEqual(Math.min(40, taken + 4));
    }
    expect([taken, started, most]).toEqual([40, 40, 3]);
  });
});

test('more images can be loaded ahead than two batches, and each is given back once it is copied', async () => {
  let started = 0;
  const released: number[] = [];
  const load = async (item: number) => (started++, image(item));
  const batches = imageBatches(options(40, { load, ahead: 20, release: (copied) => void released.push(copied[0]) }));
  const { value } = await batches.next();
  await settle();
  expect(started).toBe(4 + 20 - 1);
  expect(released).toEqual([0, 1, 2, 3].map((item) => image(item)[0]));
  expect(value!.items).toEqual([0, 1, 2, 3]);
  await batches.return();
});

describe('ending early', () => {
  /** Loads that end only when they are let go; counts those that began and those that are still running. */
  function held() {
    const counts = { began: 0, running: 0 };
    let letGo!: () => void;
    const gone = new Promise<void>((resolve) => (letGo = resolve));
    const load = async (item: number) => {
      counts.began++;
      if (item < 4) return image(item);
      counts.running++;
      await gone;
      counts.running--;
      return image(item);
    };
    return { counts, load, letGo };
  }

  test('a consumer that leaves waits for the loads under way; no other begins', async () => {
    const { counts, load, letGo } = held();
    const batches = imageBatches(options(100, { load }));
    expect((await batches.next()).value?.items).toEqual([0, 1, 2, 3]);
    await settle();
    expect(counts).toEqual({ began: 7, running: 3 });
    let left = false;
    const leaving = batches.return().then(() => (left = true));
    await settle();
    expect(left).toBe(false);
    letGo();
    await leaving;
    expect(counts).toEqual({ began: 7, running: 0 });
  });

  test('the signal from outside interrupts, and no other load begins', async () => {
    const { counts, load, letGo } = held();
    const outside = new AbortController();
    const batches = imageBatches(options(100, { load, signal: outside.signal }));
    await batches.next();
    const second = batches.next();
    await settle();
    outside.abort();
    letGo();
    await expect(second).rejects.toMatchObject({ category: 'interrupted' });
    await settle();
    expect(counts).toEqual({ began: 7, running: 0 });
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });
});

describe('errors', () => {
  const failing = (bad: number, error: () => unknown) => async (item: number) => {
    await turn();
    if (item === bad) throw error();
    return image(item);
  };

  test('what came before a bad image is given, then its failure, with its name', async () => {
    const seen: number[] = [];
    const run = async () => {
      for await (const { items } of imageBatches(options(40, { load: failing(9, badImage) }))) seen.push(...items);
    };
    await expect(run()).rejects.toMatchObject({
      category: 'bad-data',
      problems: [{ code: 'picture-not-decodable', where: '9.jpg', found: 'the image cannot be decoded' }],
    });
    expect(seen).toEqual(range(8));
  });

  test('the first in order counts, even where a later one fails sooner', async () => {
    const load = async (item: number) => {
      if (item === 2) await settle();
      throw badImage();
    };
    const of = options(6, { items: [2, 3, 4], load });
    await expect(collect(of)).rejects.toMatchObject({ problems: [{ where: '2.jpg' }] });
  });

  test('only bad data can be skipped, and only where the answer is skip', async () => {
    const asked: [number, string][] = [];
    const onBad = (item: number, error: PipelineError) => {
      asked.push([item, error.problems[0].where ?? '']);
      return item === 3 ? ('skip' as const) : ('fail' as const);
    };
    const load = async (item: number) => {
      if (item === 3 || item === 5) throw badImage();
      return image(item);
    };
    await expect(collect(options(40, { load, onBad }))).rejects.toMatchObject({ problems: [{ where: '5.jpg' }] });
    expect(asked).toEqual([
      [3, '3.jpg'],
      [5, '5.jpg'],
    ]);
    const full = () => Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    await expect(collect(options(4, { load: failing(1, full), onBad: () => 'skip' }))).rejects.toMatchObject({
      category: 'input-output',
      problems: [{ code: 'io-enospc', where: '1.jpg' }],
    });
  });

  test('an image of another size is a bug that is found', async () => {
    await expect(collect(options(4, { numbersPerImage: 3 }))).rejects.toThrow(
      '0.jpg: 2 numbers were loaded, 3 expected',
    );
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../src/core/event.js';
import { Rates } from '../../src/runner/rates.js';
import { throttled } from '../../src/core/throttle.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-rates-'));
  path = join(folder, 'state', 'rates.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('rates', () => {
  test('are kept by workload; what was known counts half', async () => {
    const first = new Rates(path);
    first.add({ layers: 'a' }, { pictures: 100, ms: 1000 });
    first.add({ layers: 'a' }, { pictures: 100, ms: 3000 });
    await first.save();
    const second = new Rates(path);
    expect(await second.get({ layers: 'a' })).toBe(50);
    expect(await second.get({ layers: 'b' })).toBeUndefined();
    second.add({ layers: 'a' }, { pictures: 300, ms: 2000 });
    await second.save();
    // (300 + 200 / 2) in (2000 + 4000 / 2) ms
    expect(await new Rates(path).get({ layers: 'a' })).toBe(100);
  });

  test('a measurement of nothing is none, and a damaged file an empty one', async () => {
    const rates = new Rates(path);
    rates.add({}, { pictures: 0, ms: 10 });
    await rates.save();
    expect(await rates.get({})).toBeUndefined();
    await writeFile(join(folder, 'broken.json'), '{"format": 1, "rates": ');
    const broken = new Rates(join(folder, 'broken.json'));
    expect(await broken.get({})).toBeUndefined();
    broken.add({}, { pictures: 10, ms: 100 });
    await broken.save();
    expect(await new Rates(join(folder, 'broken.json')).get({})).toBe(100);
  });
});

test('progress is thinned out; the end of a task and all else pass', () => {
  let now = 0;
  const passed: RunEvent[] = [];
  const emit = throttled(
    (event) => passed.push(event),
    () => now,
  );
  const progress = (task: 'extract' | 'train', done: number): void =>
    emit({ event: 'progress', stage: 'train', task, unit: 'pictures', done, total: 100 });
  for (let done = 0; done <= 100; done++) {
    progress('extract', done);
    if (done % 50 === 0) progress('train', done);
    now += 10;
  }
  emit({ event: 'note', code: 'x', text: 'x' });
  const of = (task: string) =>
    passed.flatMap((event) => (event.event === 'progress' && event.task === task ? event.done : []));
  expect(of('extract')).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(of('train')).toEqual([0, 50, 100]);
  expect(passed.at(-1)).toMatchObject({ event: 'note' });
});

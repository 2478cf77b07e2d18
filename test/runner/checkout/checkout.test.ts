import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type ActionKey } from '../../../src/core/digest.js';
import { Checkout, type StageMemory } from '../../../src/runner/checkout/checkout.js';
import { projectOf } from '../../../src/runner/checkout/project.js';

const during = (_name: string, _label: string, work: () => Promise<void>): Promise<void> => work();
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkout-'));
  path = join(folder, 'pets.json');
});
afterEach(() => rm(folder, { recursive: true }));

function memoryOf(name: string): StageMemory {
  const key = digestOf(name) as string as ActionKey;
  const preimage = { schema: 1, kind: 'train', impl: 1, config: {}, inputs: {}, survey: null, environment: null };
  return { key, preimage, outputs: {}, terms: digestOf('terms'), delivered: {} };
}

function open(file = 'pets.yaml', how = during): Promise<Checkout> {
  const project = projectOf({ file: join(folder, file), root: folder, home: folder });
  return Checkout.open(path, project, join(folder, file), how);
}

describe('the memory of a checkout', () => {
  test('has what two runs add to it at the same time', async () => {
    const [one, two] = [await open(), await open()];
    await one.set('ingest', memoryOf('a'));
    await two.set('train', memoryOf('b'));
    const read = await open();
    expect([read.get('ingest'), read.get('train')]).toEqual([memoryOf('a'), memoryOf('b')]);
    expect(one.get('train')).toBeUndefined();
    expect(await one.latest('train')).toEqual(memoryOf('b'));
  });

  test('has what two runs change in turns, and only its own if the file is gone', async () => {
    const runs = [await open(), await open()];
    for (let i = 0; i < 6; i++) {
      await runs[i % 2].set(`stage-${i % 4}`, memoryOf(`${i}`));
      expect(await runs[(i + 1) % 2].latest(`stage-${i % 4}`)).toEqual(memoryOf(`${i}`));
    }
    const read = await open();
    expect([0, 1, 2, 3].map((i) => read.get(`stage-${i}`))).toEqual(['4', '5', '2', '3'].map(memoryOf));
    await rm(path);
    await runs[0].set('ingest', memoryOf('a'));
    // What the first run knew by itself, and nothing that it had read of the other.
    const again = await open();
    expect([0, 1, 2, 3].map((i) => again.get(`stage-${i}`)?.key)).toEqual([
      memoryOf('4').key,
      undefined,
      memoryOf('2').key,
      undefined,
    ]);
  });

  test('is written again after a write that failed', async () => {
    const failsOnce = jest.fn(during).mockRejectedValueOnce(new Error('the disk is full'));
    const checkout = await open('pets.yaml', failsOnce);
    const writes = [checkout.set('ingest', memoryOf('a')), checkout.set('train', memoryOf('b'))];
    expect(await Promise.allSettled(writes)).toMatchObject([
      { status: 'rejected', reason: { message: 'the disk is full' } },
      { status: 'fulfilled' },
    ]);
    expect((await open()).get('train')).toEqual(memoryOf('b'));
  });

  test('is not shared by files of one name, but goes with one that moved', async () => {
    await writeFile(join(folder, 'pets.yaml'), '');
    await (await open()).set('train', memoryOf('a'));
    for (const other of ['pets.yml', join('pipelines', 'pets.yaml')]) {
      const problem = {
        code: 'same-name',
        where: other,
        found: 'and pets.yaml would keep their results in the same place, under the name pets',
      };
      await expect(open(other)).rejects.toMatchObject({ category: 'invalid', problems: [problem] });
    }
    await rm(join(folder, 'pets.yaml'));
    expect((await open('pets.yml')).get('train')).toEqual(memoryOf('a'));
  });

  test('is empty if its file is damaged', async () => {
    await writeFile(path, '{"format": 1, "stages": {"ingest"');
    expect((await open()).get('ingest')).toBeUndefined();
  });
});

/** Parquet files with images inside, unpacked: as `datasets` writes them (tools/tables/make.py), and hostile ones. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestRegular } from '../../src/core/regular-file.js';
import { unpackArchive } from '../../src/sources/archive/unpack.js';
import { openShards, shardsAmong, splitOfShard, type ShardFile } from '../../src/sources/shards.js';
import type { UnpackContext } from '../../src/sources/folder.js';

const hub = join(import.meta.dirname, '../fixtures/tables/hub');
const train = 'train-00001-of-00002.parquet';
const signal = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-parquet-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function table(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, 'metadata.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('one file: images by row and name, and a table beside them', async () => {
  const path = join(hub, train);
  const digest = await unpackArchive(path, folder, { name: train, signal });
  expect(digest).toBe(
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  );
  expect((await readdir(join(folder, 'images'))).sort()).toEqual([
    '0000001-pet_6.png',
    '0000002-pet_7.png',
    '0000003-pet_8.png',
    '0000004-pet_9.png',
  ]);
  expect((await table())[1]).toEqual({ file_name: 'images/0000002-pet_7.png', label: 'dog', note: 'number 7' });
  const bytes = await readFile(join(folder, 'images/0000002-pet_7.png'));
  expect([bytes.toString('latin1', 1, 4), bytes.readUInt32BE(16)]).toEqual(['PNG', 8]);
});

describe('several files', () => {
  const context = (given: string): UnpackContext => ({
    name: 'ingest',
    emit: () => undefined,
    signal,
    sources: {
      once: (_: string, work: () => Promise<unknown>) => work(),
      store: {
        unpacked: async () => undefined,
        unpack: async (_: string, fill: (folder: string) => Promise<void>) => (await fill(given), given),
      },
    } as unknown as UnpackContext['sources'],
  });
  const shards = async (): Promise<ShardFile[]> =>
    Promise.all(
      shardsAmong((await readdir(hub)).sort()).map(async (name) => ({
        name,
        path: join(hub, name),
        digest: await digestRegular(join(hub, name)),
      })),
    );

  test('are one table, with the split of each name', async () => {
    expect(await openShards(await shards(), 'hub', context(folder))).toBe(folder);
    const rows = await table();
    expect(rows).toHaveLength(14);
    expect(rows.map(({ split }) => split).join()).toBe(`${'train,'.repeat(10)}${'validation,'.repeat(4)}`.slice(0, -1));
    expect(rows[13]).toEqual({
      file_name: 'images/validation-00000-of-00001/0000004-pet_13.png',
      split: 'validation',
      label: 'dog',
      note: 'number 13',
    });
    expect((await readFile(join(folder, rows[13].file_name as string))).length).toBeGreaterThan(50);
  });

  test('of one split have no column of splits', async () => {
    await openShards((await shards()).slice(0, 2), 'hub', context(folder));
    expect(Object.keys((await table())[0])).toEqual(['file_name', 'label', 'note']);
  });

  test('that have changed are refused', async () => {
    const [first, ...rest] = await shards();
    const other = { ...first, digest: rest[0].digest };
    await expect(openShards([other, ...rest], 'hub', context(folder))).rejects.toThrow(/changed while/);
  });
});

test('names of files say the split, or those of the folders around them', () => {
  const names = ['train-00000-of-00002-ab12.parquet', 'default/test/0000.parquet', 'data/val.parquet', 'pets.parquet'];
  expect(names.map(splitOfShard)).toEqual(['train', 'test', 'validation', undefined]);
  expect(shardsAmong(['README.md', 'data/a.parquet'])).toEqual(['data/a.parquet']);
  expect(shardsAmong(['cats/a.jpg', 'data/a.parquet'])).toEqual([]);
});

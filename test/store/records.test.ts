import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestOf, type ActionKey } from '../../src/core/digest.js';
import { Blobs } from '../../src/store/blobs.js';
import { Records, type NewRecord } from '../../src/store/records.js';
import { flipBit, namesIn, scratchFiles } from './scratch.js';

async function scratchRecords() {
  const scratch = scratchFiles();
  const blobs = new Blobs(scratch.files);
  const output = await blobs.put(Buffer.from('weights'));
  const record: NewRecord = {
    key: keyOf('a'),
    preimage: { kind: 'train', config: { rate: 0.001, zero: -0 }, name: 'né 🐈' },
    outputs: { model: output },
    durationMs: 12,
    features: { extracted: 3, reused: 4 },
  };
  return { ...scratch, blobs, records: new Records(scratch.files, blobs, '1.2.3'), record };
}

function keyOf(text: string): ActionKey {
  return digestOf(text) as string as ActionKey;
}

test('a record comes back as it was put', async () => {
  const { records, record, notes } = await scratchRecords();
  await expect(records.get(record.key)).resolves.toBeUndefined();
  const put = await records.put(record);
  const preimage = { kind: 'train', config: { rate: 0.001, zero: 0 }, name: 'né 🐈' };
  const expected = { ...record, preimage, schema: 1, tool: '1.2.3' };
  expect(put.createdAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  await expect(records.get(record.key)).resolves.toEqual({ ...expected, createdAt: put.createdAt });
  await expect(records.hit(record.key)).resolves.toEqual({ ...expected, createdAt: put.createdAt });
  expect(notes).toEqual([]);
});

test('the first record of a key wins', async () => {
  const { records, record, blobs } = await scratchRecords();
  const first = await records.put(record);
  const other = await blobs.put(Buffer.from('other weights'));
  await expect(records.put({ ...record, outputs: { model: other } })).resolves.toMatchObject({
    outputs: first.outputs,
  });
  await expect(records.hit(record.key)).resolves.toMatchObject({ outputs: first.outputs });
});

test('many writers at once agree on one', async () => {
  const { records, record, blobs } = await scratchRecords();
  const outputs = await Promise.all(Array.from({ length: 10 }, (_, i) => blobs.put(Buffer.from(`weights ${i}`))));
  const standing = await Promise.all(outputs.map((model) => records.put({ ...record, outputs: { model } })));
  expect(new Set(standing.map(({ outputs }) => outputs.model.digest)).size).toBe(1);
  expect(namesIn(dirname(records.pathOf(record.key)))).toHaveLength(1);
});

test('a record cannot name a blob that is not there', async () => {
  const { records, record } = await scratchRecords();
  const outputs = { model: { digest: digestOf('never put'), size: 9 } };
  await expect(records.put({ ...record, outputs })).rejects.toThrow('names output model, which is not in the store');
  await expect(records.get(record.key)).resolves.toBeUndefined();
});

test('without its blob a record is not a hit, and the next one takes its place', async () => {
  const { records, record, blobs } = await scratchRecords();
  await records.put(record);
  truncateSync(blobs.pathOf(record.outputs.model.digest), 3);
  await expect(records.hit(record.key)).resolves.toBeUndefined();
  await expect(records.get(record.key)).resolves.toBeDefined();
  const other = await blobs.put(Buffer.from('other weights'));
  await records.put({ ...record, outputs: { model: other } });
  await expect(records.hit(record.key)).resolves.toMatchObject({ outputs: { model: other } });
});

const valid = (text: string) => JSON.parse(text) as Record<string, unknown>;

test.each<[string, string, (path: string) => void]>([
  ['cut', 'not JSON', (path) => truncateSync(path, 100)],
  ['emptied', 'not JSON', (path) => truncateSync(path, 0)],
  ['a list', 'not a JSON object', (path) => writeFileSync(path, '[]')],
  [
    'given another blob',
    'which is not the digest in it',
    (path) => {
      const record = valid(readFileSync(path, 'utf8'));
      writeFileSync(path, JSON.stringify({ ...record, outputs: { model: { digest: digestOf('x'), size: 1 } } }));
    },
  ],
  [
    'given a field',
    'which is not the digest in it',
    (path) => {
      writeFileSync(path, JSON.stringify({ ...valid(readFileSync(path, 'utf8')), more: 1 }));
    },
  ],
  ['a folder', 'not a regular file', (path) => (rmSync(path), mkdirSync(path))],
  ['huge', 'larger than 16777216 bytes, the limit for such a file', (path) => truncateSync(path, 16 * 1024 * 1024 + 1)],
])('a record that was %s is a miss, reported once, and replaced', async (_name, reason, damage) => {
  const { records, record, notes } = await scratchRecords();
  const path = records.pathOf(record.key);
  await records.put(record);
  damage(path);
  await expect(records.hit(record.key)).resolves.toBeUndefined();
  await expect(records.get(record.key)).resolves.toBeUndefined();
  expect(notes).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  await records.put(record);
  await expect(records.hit(record.key)).resolves.toBeDefined();
});

test('a damaged record that nobody read is replaced all the same', async () => {
  const { records, record } = await scratchRecords();
  await records.put(record);
  writeFileSync(records.pathOf(record.key), '{"schema":1}');
  await records.put(record);
  await expect(records.hit(record.key)).resolves.toBeDefined();
});

test('a record under the name of another key is refused', async () => {
  const { records, record, notes } = await scratchRecords();
  await records.put(record);
  const other = keyOf('b');
  mkdirSync(dirname(records.pathOf(other)), { recursive: true });
  copyFileSync(records.pathOf(record.key), records.pathOf(other));
  await expect(records.get(other)).resolves.toBeUndefined();
  expect(notes[0].reason).toBe('belongs to another key');
});

test('any flipped bit is found', async () => {
  const { records, record } = await scratchRecords();
  await records.put(record);
  const path = records.pathOf(record.key);
  const bytes = readFileSync(path);
  for (let position = 0; position < bytes.length; position += 3) {
    writeFileSync(path, bytes);
    flipBit(path, position);
    await expect(records.get(record.key)).resolves.toBeUndefined();
  }
});

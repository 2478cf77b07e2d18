/** Files whose few bytes take a hundred times as much in memory once they are parsed: each reader counts before it allocates. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { truncate } from 'node:fs/promises';
import { zipOf } from '../sources/packing.js';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

/** 30 MB of JSON that parses into 10 million lists, with a head that looks right. */
const withoutEnd = (head: string): string => `{${head}[${'[],'.repeat(10_000_000)}[]]}`;
const id = '20260101-000000-00001';

test('in the files of the state: they count as missing', async () => {
  await sandbox.addPets(2);
  await sandbox.write('project/.pipeline/state/pets.json', withoutEnd('"format":1,"pipeline":"pets.yaml","stages":'));
  await sandbox.write('project/.pipeline/rates.json', withoutEnd('"format":1,"rates":'));
  expect((await sandbox.command('plan', 'pets.yaml')).code).toBe(0);
  await sandbox.write(`project/.pipeline/runs/${id}/run.json`, withoutEnd(`"format":1,"id":"${id}","stages":`));
  await sandbox.write('project/.pipeline/runs.order', `${id}\n`);
  await truncate(sandbox.path('.pipeline/runs.order'), 600 * 2 ** 20);
  expect((await sandbox.command('runs')).code).toBe(0);
  expect((await sandbox.command('report')).code).toBe(2);
});

test('in a list of image names, and in the place of a report', async () => {
  await sandbox.write('project/names.txt', '');
  await truncate(sandbox.path('names.txt'), 600 * 2 ** 20);
  expect(await sandbox.command('predict', 'model', '--files-from', 'names.txt')).toEqual({
    code: 3,
    stderr: expect.stringMatching(
      /^names\.txt: has more than 67\.1 MB, too much for a list of image names\n {2}-> check/,
    ),
  });
});

test('in the metadata of an .onnx file, and in its graph', async () => {
  // An empty metadata_props (14), an empty node (1) of the graph (7): two bytes each.
  const many = (tag: number): Buffer => Buffer.alloc(20_000_000, Buffer.of(tag, 0));
  const length = Buffer.of(0x80, 0xda, 0xc4, 0x09);
  for (const bytes of [many(0x72), Buffer.concat([Buffer.of(0x3a), length, many(0x0a)])]) {
    await sandbox.write('project/model.onnx', bytes);
    expect(await sandbox.command('predict', 'model.onnx', 'pictures')).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /^model\.onnx: (the file is not an ONNX model: one of its messages has more than 250,000 fields|the file does not name its classes)/,
      ),
    });
  }
});

test('in the directory of a zip', async () => {
  const entries = Array.from({ length: 65_000 }, (_, i) => ({ name: `a/${i}.png` }));
  const zip = zipOf(entries);
  // ZIP64: the end record of a directory that declares two million entries.
  const end = zip.length - 22;
  const long = Buffer.alloc(56 + 20);
  long.writeUInt32LE(0x06064b50, 0);
  long.writeBigUInt64LE(44n, 4);
  long.writeBigUInt64LE(2_000_000n, 24);
  long.writeBigUInt64LE(2_000_000n, 32);
  long.writeBigUInt64LE(BigInt(zip.readUInt32LE(end + 12)), 40);
  long.writeBigUInt64LE(BigInt(zip.readUInt32LE(end + 16)), 48);
  long.writeUInt32LE(0x07064b50, 56);
  long.writeBigUInt64LE(BigInt(end), 64);
  long.writeUInt32LE(1, 72);
  const last = zip.subarray(end);
  last.writeUInt16LE(0xffff, 8);
  last.writeUInt16LE(0xffff, 10);
  await sandbox.write('project/pets.zip', Buffer.concat([zip.subarray(0, end), long, last]));
  await sandbox.refuses(4, /contains more than 200,000 entries/, 'ingest', '--set', 'stages.ingest.source=pets.zip');
});

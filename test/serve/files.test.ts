/** A model's files on the page are those that the server predicts with, even after they were replaced. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { digestOf } from '../../src/core/digest.js';
import { sendFile } from '../../src/serve/files.js';

const GET = { method: 'GET', headers: new Headers() };

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'pipeline-served-'))));
afterEach(() => rm(folder, { recursive: true }));

const large = Buffer.alloc(9 * 2 ** 20, 'w');

test.each([
  ['small', Buffer.from('weights')],
  ['of several chunks', large],
])('a file that is as it was, %s, is sent whole', async (_what, bytes) => {
  const path = join(folder, 'a.bin');
  await writeFile(path, bytes);
  const answer = await sendFile({ path, digest: digestOf(bytes) }, GET);
  expect(answer!.headers.get('content-length')).toBe(String(bytes.length));
  expect(Buffer.from(await answer!.arrayBuffer()).equals(bytes)).toBe(true);
});

test('a file that was changed is refused, and a large one never ends', async () => {
  const path = join(folder, 'a.bin');
  await writeFile(path, 'others!');
  await expect(sendFile({ path, digest: digestOf('weights') }, GET)).rejects.toMatchObject({
    category: 'bad-data',
    problems: [{ code: 'file-changed', where: path }],
  });
  const other = Buffer.from(large);
  other[0] ^= 1;
  await writeFile(path, other);
  const answer = await sendFile({ path, digest: digestOf(large) }, GET);
  await expect(answer!.arrayBuffer()).rejects.toThrow('changed while');
});

test('what is not a regular file is not there', async () => {
  await symlink('/dev/zero', join(folder, 'zero'));
  expect(await sendFile({ path: join(folder, 'zero') }, GET)).toBeUndefined();
  expect(await sendFile({ path: folder }, GET)).toBeUndefined();
});

test('a file that is stored as gzip is sent so, or unpacked; a file of the model is sent as it is', async () => {
  const bytes = Buffer.from('\0asm'.repeat(1000));
  const path = join(folder, 'runtime.wasm.gz');
  await writeFile(path, gzipSync(bytes));
  const zipped = (await sendFile(
    { path },
    { method: 'GET', headers: new Headers({ 'accept-encoding': 'gzip, br' }) },
  ))!;
  expect(Object.fromEntries(zipped.headers)).toMatchObject({
    'content-type': 'application/wasm',
    'content-encoding': 'gzip',
    'content-length': String(gzipSync(bytes).length),
  });
  expect(gunzipSync(Buffer.from(await zipped.arrayBuffer())).equals(bytes)).toBe(true);
  const plain = (await sendFile({ path }, GET))!;
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(Buffer.from(await plain.arrayBuffer()).equals(bytes)).toBe(true);

  const asIs = (await sendFile({ path, digest: digestOf(gzipSync(bytes)) }, GET))!;
  expect(asIs.headers.get('content-encoding')).toBeNull();
  expect(Buffer.from(await asIs.arrayBuffer()).equals(gzipSync(bytes))).toBe(true);
});

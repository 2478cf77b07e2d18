/** Only regular files are opened, and nothing is waited for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { openRegular, readRegular } from '../../src/core/regular-file.js';

let folder: string;
let server: Server;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regular-'));
  execFileSync('mkfifo', [at('pipe')]);
  await symlink('pipe', at('link-to-pipe'));
  await mkdir(at('folder'));
  await writeFile(at('file'), 'bytes');
  server = createServer();
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

test.each([
  ['pipe', 'is a pipe'],
  ['link-to-pipe', 'is a pipe'],
  ['folder', 'is a folder'],
  ['socket', 'is a socket or a device'],
  ['/dev/null', 'is a device'],
])('%s is refused without a wait', async (name, found) => {
  const path = name.startsWith('/') ? name : at(name);
  const refusal = {
    category: 'input-output',
    problems: [{ code: 'not-a-file', where: path, found, expected: 'a regular file' }],
  };
  await expect(openRegular(path)).rejects.toMatchObject(refusal);
  await expect(readRegular(path)).rejects.toMatchObject(refusal);
});

test('bytes are given that have the digest, and no others', async () => {
  expect(String(await readRegular(at('file'), { digest: digestOf('bytes') }))).toBe('bytes');
  await expect(readRegular(at('file'), { digest: digestOf('others'), where: 'model' })).rejects.toMatchObject({
    category: 'bad-data',
    message: 'model: changed while the pipeline was reading it',
    problems: [{ code: 'file-changed', where: 'model', remedy: 'run again' }],
  });
  await expect(readRegular(at('file'), { limit: 4 })).rejects.toMatchObject({
    category: 'bad-data',
    problems: [{ code: 'file-too-large', found: 'has 5 bytes' }],
  });
  await expect(readRegular(at('none'))).rejects.toMatchObject({ code: 'ENOENT' });
});

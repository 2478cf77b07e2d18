/** Which images a call of predict means. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findImages } from '../../src/commands/images.js';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'pictures-'));
});
afterEach(() => rm(cwd, { recursive: true }));

test('skipped files of a folder are reported, and their names cannot control the terminal', async () => {
  await mkdir(join(cwd, 'holiday'));
  await writeFile(join(cwd, 'holiday/a.jpg'), 'a');
  await writeFile(Buffer.concat([Buffer.from(`${cwd}/holiday/caf`), Buffer.from([0x1b, 0xe9])]), 'b');
  await symlink('/', join(cwd, 'holiday/out'));
  const messages: string[] = [];
  const images = await findImages(
    { names: ['holiday'], lists: [] },
    {
      cwd,
      stdin: () => {
        throw new Error('not asked');
      },
      stderr: (text) => messages.push(text),
    },
  );
  expect(images.map(({ name }) => name)).toEqual(['holiday/a.jpg']);
  expect(messages).toEqual([
    'holiday/caf?\ufffd has a name that is not UTF-8 and is not read\n',
    'holiday/out is a link to a folder around it and is not followed\n',
  ]);
});

test('a stream that never ends is left where it is larger than any image or list', async () => {
  async function* zeros(): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(2 ** 24);
    for (;;) yield chunk;
  }
  const environment = { cwd, stdin: zeros, stderr: () => undefined };
  await expect(findImages({ names: ['-'], lists: [] }, environment)).rejects.toThrow(
    /^-: has more than .*for an image$/,
  );
  await expect(findImages({ names: [], lists: ['-'] }, environment)).rejects.toThrow(
    '-: has more than 67.1 MB, too much for a list of image names',
  );
});

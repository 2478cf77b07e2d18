import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../../../src/store/disk/write-atomic.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'pipeline-whole-'))));
afterEach(() => rm(root, { recursive: true }));

test.each([true, false])(
  'a file takes the place of another one whole, and its folder is made (durable: %s)',
  async (durable) => {
    const path = join(root, 'state', 'run.json');
    for (const text of ['one, and longer', 'two']) await writeWhole(path, text, { durable });
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(root, 'state'))).toEqual(['run.json']);
  },
);

test.each([true, false])(
  'a file that cannot take its place leaves nothing beside it (durable: %s)',
  async (durable) => {
    const path = join(root, 'run.json');
    await mkdir(join(path, 'in the way'), { recursive: true });
    await expect(writeWhole(path, 'text', { durable })).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST|EPERM/),
    });
    expect(await readdir(root)).toEqual(['run.json']);
  },
);

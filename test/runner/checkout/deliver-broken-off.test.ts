import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Which of the renames to come fails: its number, or none. */
let failing = 0;
/** A folder that is gone the next time that it is read, as while another run swaps what it lies in. */
let gone = '';
/** A file that is edited as soon as a rename has put it in its place. */
let edited = '';
jest.unstable_mockModule('node:fs/promises', () => ({
  ...fs,
  readdir: (path: string, options: { withFileTypes: true }) => {
    if (path !== gone) return fs.readdir(path, options);
    gone = '';
    return Promise.reject(Object.assign(new Error('no such folder'), { code: 'ENOENT' }));
  },
  rename: async (from: string, to: string) => {
    if (--failing === 0) throw Object.assign(new Error('the disk failed'), { code: 'EIO' });
    await fs.rename(from, to);
    if (edited.startsWith(to)) await fs.writeFile(edited, 'mine');
  },
}));
const { isUntouched } = await import('../../../src/runner/checkout/checkout.js');
const { deliverFolder } = await import('../../../src/runner/checkout/deliver.js');

let root: string;
beforeEach(async () => void (root = await fs.mkdtemp(join(tmpdir(), 'pipeline-deliver-'))));
afterEach(() => fs.rm(root, { recursive: true }));

test.each([1, 2])('a delivered folder stands as it was where rename %i of its swap fails', async (which) => {
  const deliver = (text: string) =>
    deliverFolder(join(root, 'out'), new Map([['a.txt', text]]), {
      before: undefined,
      force: true,
      stage: 'export',
      readBytes: () => Promise.reject(new Error('no blobs here')),
      display: (path) => path,
    });
  await deliver('one');
  failing = which;
  await expect(deliver('two')).rejects.toThrow('the disk failed');
  expect(await fs.readFile(join(root, 'out/a.txt'), 'utf8')).toBe('one');
  expect(await fs.readdir(root)).toEqual(['out']);
  await deliver('two');
  expect(await fs.readFile(join(root, 'out/a.txt'), 'utf8')).toBe('two');
});

test('a folder below it that another run swaps just then is not a stranger', async () => {
  const files = new Map([
    ['a.txt', 'one'],
    ['probes/1.txt', 'two'],
  ]);
  const deliver = () =>
    deliverFolder(join(root, 'out'), files, {
      before: undefined,
      force: false,
      stage: 'export',
      readBytes: () => Promise.reject(new Error('no blobs here')),
      display: (path) => path,
    });
  const first = await deliver();
  gone = join(root, 'out', 'probes/');
  expect(await deliver()).toEqual(first);
  expect(gone).toBe('');
});

test('a file that is edited as soon as it is in its place does not count as the one that was delivered', async () => {
  edited = join(root, 'out', 'a.txt');
  const options = {
    before: undefined,
    force: false,
    stage: 'export',
    readBytes: () => Promise.reject(new Error('no blobs here')),
    display: (path: string) => path,
  };
  const { 'a.txt': delivered } = await deliverFolder(join(root, 'out'), new Map([['a.txt', 'ours']]), options);
  const found = await fs.stat(edited);
  edited = '';
  expect(found.size).toBe(delivered.size);
  expect(isUntouched(delivered, found)).toBe(false);
});

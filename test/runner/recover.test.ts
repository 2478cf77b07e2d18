/** A delivery that was killed while it swapped folders: the next command brings the folder back. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Project } from '../e2e/rig.js';
import { recoverFolder } from '../../src/runner/checkout/swap.js';
import { owner } from '../../src/store/disk/owner.js';
import { addImages, pipeline } from '../cases/image-folders.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'pipeline-recover-'))));
afterEach(() => rm(root, { recursive: true }));

/** As a killed process leaves it between its two renames. */
async function breakOff(folder: string, name: string): Promise<void> {
  const [boot, namespace] = owner().split('-');
  const aside = join(folder, `.${name}.${boot}-${namespace}-${2 ** 30}-1-0`);
  await mkdir(join(aside, 'new'), { recursive: true });
  await rename(join(folder, name), join(aside, 'old'));
}

test('the only copy comes back, and nothing stays beside it', async () => {
  await mkdir(join(root, 'out'));
  await writeFile(join(root, 'out', 'a.txt'), 'one');
  await breakOff(root, 'out');
  await recoverFolder(join(root, 'out'));
  expect(await readFile(join(root, 'out', 'a.txt'), 'utf8')).toBe('one');
  expect(await readdir(root)).toEqual(['out']);
});

test('a command that only looks brings an export back', async () => {
  const project = await Project.create();
  for (const name of ['a', 'b']) await addImages(project, `data/${name}`, 2);
  await project.write('t.yaml', pipeline());
  await project.write('out/README.md', 'the model');
  await breakOff(project.root, 'out');
  expect((await project.command('plan', 't.yaml')).code).toBe(0);
  expect(await project.read('out/README.md')).toBe('the model');
  expect((await readdir(project.root)).filter((name) => name.startsWith('.out'))).toEqual([]);
  await project.remove();
}, 60_000);

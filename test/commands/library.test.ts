import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, run, type RunOptions } from '../../src/index.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'pipeline-library-'))));
afterEach(() => rm(root, { recursive: true }));

test('a run replaces files that a person changed only where something is forced', async () => {
  await cp(join(process.cwd(), 'examples/pets/pictures'), join(root, 'pictures'), { recursive: true });
  await writeFile(join(root, 'p.yaml'), 'version: 1\nstages:\n  ingest: {source: pictures}\n');
  const here = async (options: RunOptions) =>
    (await run(await load('p.yaml', { cwd: root }), options)).failures.map(({ category }) => category);
  expect(await here({})).toEqual([]);
  const folder = join(root, '.pipeline/out/p/ingest');
  const file = join(folder, (await readdir(folder))[0]);
  const delivered = await readFile(file, 'utf8');
  await writeFile(file, 'mine');
  for (const options of [{}, { force: false }, { force: [] }]) {
    expect(await here(options)).toEqual(['unsafe']);
    expect(await readFile(file, 'utf8')).toBe('mine');
  }
  expect(await here({ force: true })).toEqual([]);
  expect(await readFile(file, 'utf8')).toBe(delivered);
});

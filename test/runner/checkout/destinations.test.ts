import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDestinations } from '../../../src/runner/checkout/destinations.js';
import type { Node } from '../../../src/runner/graph.js';
import { projectOf } from '../../../src/runner/checkout/project.js';

let root: string;
beforeEach(async () => void (root = await realpath(await mkdtemp(join(tmpdir(), 'pipeline-destinations-')))));
afterEach(() => rm(root, { recursive: true }));

/** Checks the folder of an export that writes to it. */
function check(to: string): Promise<void> {
  const node = {
    stage: { name: 'publish', config: { to } },
    definition: { writesTo: (config: { to: string }) => [config.to] },
  } as unknown as Node;
  return checkDestinations([node], projectOf({ file: join(root, 'pets.yaml'), root, home: root }, {}));
}

describe('the folder that a stage writes to', () => {
  test.each([
    ['models/pets', 'models/pets'],
    ['models/pets/latest/tfjs', 'models/pets'],
  ])('%s is refused if the file %s is in its way', async (to, file) => {
    await mkdir(join(root, 'models'));
    await writeFile(join(root, file), 'mine');
    await expect(check(to)).rejects.toMatchObject({
      category: 'unsafe',
      problems: [
        {
          code: 'destination-not-a-folder',
          where: to,
          found: `cannot be created, which publish needs at its end: ${file} is a file`,
          remedy: `move ${file} away, or choose another folder`,
        },
      ],
    });
  });

  test('is fine where it is not there yet, or is a folder, by a link too', async () => {
    await mkdir(join(root, 'elsewhere'));
    await symlink('elsewhere', join(root, 'models'));
    await check('models');
    await check('models/pets');
    await check('new/pets');
    expect(await readdir(root)).toEqual(['elsewhere', 'models']);
  });

  test.each([
    ['a name of 300 bytes', 'n'.repeat(300)],
    ['such a name below folders that are not there', `models/${'n'.repeat(300)}/pets`],
    ['a name that leaves no room for the folder beside it', 'n'.repeat(250)],
    ['a path of more than 4,096 bytes', 'folder/'.repeat(700)],
  ])('is refused for %s', async (_what, to) => {
    await expect(check(to)).rejects.toMatchObject({
      category: 'invalid',
      problems: [{ code: 'destination-name-too-long' }],
    });
    expect(await readdir(root)).toEqual([]);
  });

  test('and the folders of the state are refused where a file is in their way', async () => {
    await mkdir(join(root, '.pipeline'));
    await writeFile(join(root, '.pipeline', 'runs'), 'mine');
    await expect(check('models')).rejects.toMatchObject({
      category: 'unsafe',
      problems: [{ code: 'destination-not-a-folder', where: '.pipeline/runs' }],
    });
  });

  test('is refused outside the project, by a link too', async () => {
    await symlink('..', join(root, 'up'));
    for (const to of ['../models', '.', 'up/models'])
      await expect(check(to)).rejects.toMatchObject({
        category: 'unsafe',
        problems: [{ code: 'path-leaves-project' }],
      });
  });
});

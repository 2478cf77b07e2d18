/** Folders and files that cannot be made are found before the work, by `plan`, `run --dry-run` and `doctor` as by `run`. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { pipelineText, Project } from '../e2e/rig.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.addPets('pictures', 4);
});
afterEach(() => project.remove());

/** The commands look ahead alike: exit code of each, and that each one's words fit. */
async function refusals(words: RegExp): Promise<number[]> {
  const codes: number[] = [];
  for (const args of [
    ['plan', 'pets.yaml'],
    ['run', 'pets.yaml', '--dry-run'],
    ['doctor', 'pets.yaml'],
    ['run', 'pets.yaml'],
  ]) {
    const { code, stdout, stderr } = await project.command(...args);
    expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).toMatch(words);
    expect(`${stdout}${stderr}`).not.toMatch(/E[A-Z]{4,}:|--debug/);
    codes.push(code);
  }
  return codes;
}

test('a file in the way of an export', async () => {
  await project.write('models', 'mine');
  await project.write('pets.yaml', pipelineText());
  expect(await refusals(/models\/pets:? cannot be created, which export needs at its end: models is a file/)).toEqual([
    4, 4, 2, 4,
  ]);
});

test('an export whose name is too long', async () => {
  await project.write('pets.yaml', pipelineText().replace('models/pets', `models/${'n'.repeat(300)}`));
  expect(await refusals(/cannot be created, which export needs at its end: the name is too long/)).toEqual([
    2, 2, 2, 2,
  ]);
});

test('a file in the place of a folder of the state, and of that of a report', async () => {
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
  for (const place of ['.pipeline', '.pipeline/runs', '.pipeline/state', '.pipeline/out']) {
    await project.write(place, 'mine');
    const { code, stderr } = await project.command('plan', 'pets.yaml');
    expect([place, code, stderr]).toEqual([
      place,
      4,
      expect.stringContaining(`${place}: is a file, but this tool needs a folder of that name`),
    ]);
    await rm(project.path(place));
  }
  expect((await project.run()).code).toBe(0);
  await project.write('note', 'mine');
  const below = await project.command('report', '--out', 'note/pets.html');
  expect([below.code, below.stderr]).toEqual([
    4,
    expect.stringContaining('note/pets.html: cannot be created, which the report needs at its end: note is a file'),
  ]);
  const long = await project.command('report', '--out', `${'n'.repeat(300)}.html`);
  expect([long.code, long.stderr]).toEqual([2, expect.stringContaining('the name is too long for this file system')]);
});

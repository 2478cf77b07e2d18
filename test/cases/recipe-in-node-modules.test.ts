/** A recipe of an installed package reads from the package and writes into the folder where it is run. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { pipelineText, Project } from '../e2e/rig.js';

const recipe = 'node_modules/recipes/pipelines/pets.yaml';
let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('node_modules/recipes/pictures', 8);
  await project.write(recipe, pipelineText({ train: 'epochs: 1' }));
});
afterAll(() => project.remove());

const installed = async (): Promise<string[]> =>
  (await readdir(project.path('node_modules'), { recursive: true })).sort();

/** How many images the report of a run shows. */
async function shownIn(reference: string): Promise<number> {
  const { code, stderr } = await project.command('report', reference, '--out', 'report.html');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^wrote the report of .* to report\.html$/m)]);
  return (await project.read('report.html')).split('data:image/').length - 1;
}

test('nothing is written below node_modules, and every command finds the runs', async () => {
  const before = await installed();
  const first = await project.run(recipe);
  expect([first.code, first.named('failed')]).toEqual([0, []]);
  expect(await readdir(project.root)).toEqual(
    expect.arrayContaining(['.pipeline', 'models', 'node_modules', 'pets.lock.yaml']),
  );
  expect(await readdir(project.path('models/pets'))).toContain('model.json');
  expect(await project.read('pets.lock.yaml')).toContain('- cats');

  const second = await project.run(recipe);
  expect(second.named('fresh')).toHaveLength(second.stages.length);
  const status = await project.command('status', recipe);
  expect(status.stdout + status.stderr).toContain('up to date');

  const listed = await project.command('runs', recipe, '--json');
  expect(listed.stdout.trim().split('\n')).toHaveLength(2);
  expect((await project.command('runs', '--json')).stdout).toBe(listed.stdout);
  expect((await project.command('diff', `${recipe}~1`, recipe)).code).toBe(0);
  // A report that is asked for by the file or by the id alone finds the images of the package.
  const shown = await shownIn(recipe);
  expect(shown).toBeGreaterThan(0);
  expect(await shownIn('last')).toBe(shown);
  expect(await installed()).toEqual(before);
});

test('an export out of the current folder is refused, also of a recipe', async () => {
  const outside = await project.command('plan', recipe, '--set', 'stages.export.to=../models');
  expect([outside.code, outside.stderr.replace(/\s+/g, ' ')]).toEqual([
    4,
    expect.stringContaining('outside the project'),
  ]);
});

test('a file of the project with the same name has a state of its own, whichever ran first', async () => {
  const out = (to: string) => pipelineText({ train: 'epochs: 1' }).replace('models/pets', to);
  await project.addPets('pictures', 6);
  // The recipe ran before, under the plain name.
  expect((await project.run(recipe)).code).toBe(0);
  await project.write('pets.yaml', out('models/mine'));
  for (let round = 0; round < 2; round++) {
    const packaged = await project.run(recipe);
    expect([packaged.code, packaged.named('failed'), packaged.stderr]).toEqual([0, [], expect.anything()]);
    const own = await project.run('pets.yaml');
    expect([own.code, own.named('failed'), own.stderr]).toEqual([0, [], expect.anything()]);
    if (round === 1) expect([...packaged.named('ran'), ...own.named('ran')]).toEqual([]);
  }
  expect((await readdir(project.path('.pipeline/state'))).filter((name) => name.endsWith('.json')).sort()).toEqual([
    'pets.json',
    'recipes.pets.json',
  ]);
  expect(await readdir(project.root)).toEqual(expect.arrayContaining(['pets.lock.yaml', 'recipes.pets.lock.yaml']));
});

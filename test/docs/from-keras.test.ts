/** The pipeline file of docs/from-keras.md is one that runs. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

test('it is valid, and plans every stage for folders of that layout', async () => {
  const [, yaml] = /```yaml\n([^]*?)```/.exec(await readFile('docs/from-keras.md', 'utf8'))!;
  await project.write('cats-dogs.yaml', yaml);
  await project.addPets('data/train', 4);
  await project.addPets('data/validation', 4, 4);
  const { code, stdout, stderr } = await project.command('plan', 'cats-dogs.yaml');
  expect([code, stderr]).toEqual([0, '']);
  for (const stage of ['ingest', 'augment', 'load-base', 'freeze', 'build-head', 'train', 'evaluate', 'export'])
    expect(stdout).toContain(stage);
});

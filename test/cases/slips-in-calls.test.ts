import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

test('a pipeline for the current folder is written beside it, and runs', async () => {
  await project.addPets('photos', 8);
  const written = await project.commandIn('photos', 'init', '.');
  expect([written.code, written.stderr]).toEqual([
    0,
    expect.stringMatching(
      /^\.: 16 images in 2 classes[^]*\nwrote \.\.\/photos\.yaml; next: pipeline run \.\.\/photos\.yaml\n$/,
    ),
  ]);
  expect(await project.read('photos.yaml')).toContain('source: photos\n');
  const run = await project.commandIn(
    'photos',
    'run',
    '../photos.yaml',
    '--set',
    'stages.train.epochs=1',
    '--set',
    'stages.ingest.image.size=[32, 32]',
    '--set',
    'stages.load-base.architecture=compact32',
    '--set',
    'stages.build-head.layers=[global_average_pooling, classifier]',
  );
  expect([run.code, run.stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(await project.read('models/photos/classes.json'))).toEqual(['cats', 'dogs']);
  const inside = await project.commandIn('photos', 'init', '.', '--to', 'pets.yaml');
  expect([inside.code, inside.stderr]).toEqual([
    2,
    expect.stringMatching(/^pets\.yaml: is inside the image folder \(\.\)/),
  ]);
});

test('a folder in place of the pipeline file is a slip in the call', async () => {
  await project.write('photos/pets.yaml', 'version: 1\n');
  const calls = [['plan'], ['run'], ['status'], ['explain', 'photos', 'train'], ['graph'], ['doctor'], ['runs']];
  for (const call of calls) {
    const { code, stderr } = await project.command(...(call.includes('photos') ? call : [...call, 'photos']));
    expect([call, code, stderr]).toEqual([
      call,
      2,
      'photos: is a folder\n  expected: a pipeline file in YAML\n  -> name the file in it, such as `photos/pets.yaml`\n',
    ]);
  }
});

test('a plan speaks of offline only where that was asked for', async () => {
  const url = 'https://pets.invalid/pets.zip';
  await project.write(
    't.yaml',
    `version: 1\nstages:\n  ingest: {source: {url: "${url}", sha256: ${'ab'.repeat(32)}}}\n`,
  );
  const plan = async (...args: string[]): Promise<string> => (await project.command('plan', 't.yaml', ...args)).stdout;
  expect(await plan()).toContain(`${url}: is not downloaded yet`);
  expect(await plan()).not.toContain('offline');
  expect(await plan('--offline')).toContain(`${url}: is not in the cache, and --offline does not download it`);
});

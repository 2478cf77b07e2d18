/** A model's files that are links out of its folder would carry what lies there into the features, or into answers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project, repository, type Outcome } from '../e2e/rig.js';

const base = join(repository, 'examples', 'base');
const SHARD = 'group1-shard1of1.bin';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 1);
  await cp(join(base, SHARD), project.path('secret', 'key'));
  await project.write(
    't.yaml',
    pipelineText().replace(
      'architecture: compact32',
      'architecture: layers_model\n    preprocessing: tf\n    weights: model/model.json',
    ),
  );
});
afterAll(() => project.remove());

/** A fresh copy of the base in which one file is a link. */
async function withLink(file: string, target: string): Promise<void> {
  await rm(project.path('model'), { recursive: true, force: true });
  await cp(base, project.path('model'), { recursive: true });
  await rm(project.path('model', file));
  await symlink(target, project.path('model', file));
}

function expectRefused({ code, stdout, stderr }: Outcome, file: string): void {
  expect([code, stderr.replace(/\s+/g, ' ')]).toEqual([
    4,
    expect.stringContaining(`model/${file}: is a link that points outside the folder of the model`),
  ]);
  expect(stdout).not.toContain('cat');
}

test.each([['../secret/key'], ['/etc/hostname']])('a shard that is a link to %s', async (target) => {
  await withLink(SHARD, target);
  const run = await project.command('run', 't.yaml', '--only', 'load-base');
  expectRefused(run, SHARD);
  expectRefused(await project.command('predict', 'model', 'pictures/cats'), SHARD);
  expectRefused(await project.command('serve', 'model', '--port', '0'), SHARD);
});

test.each(['classes.json', 'preprocessing.json', 'model.json'])('%s that is a link out of the folder', async (file) => {
  await cp(join(base, file), project.path('secret', file));
  await withLink(file, `../secret/${file}`);
  expectRefused(await project.command('predict', 'model', 'pictures/cats'), file);
});

test('an .onnx file that a folder has by a link', async () => {
  await rm(project.path('model'), { recursive: true, force: true });
  await project.write('model/README.md', 'an export of onnx alone');
  await project.write('secret/model.onnx', 'whatever');
  await symlink('../secret/model.onnx', project.path('model/model.onnx'));
  expectRefused(await project.command('predict', 'model', 'pictures/cats'), 'model.onnx');
});

test('links inside the folder and to the folder are followed', async () => {
  await rm(project.path('model'), { recursive: true, force: true });
  await cp(base, project.path('model'), { recursive: true });
  await rename(project.path('model', SHARD), project.path('model', 'weights'));
  await symlink('weights', project.path('model', SHARD));
  await symlink('model', project.path('link'));
  const predicted = await project.command('predict', 'link', 'pictures/cats', '--json');
  expect([predicted.code, JSON.parse(predicted.stdout)]).toEqual([
    0,
    expect.objectContaining({ file: expect.stringContaining('cat-001') }),
  ]);
  const run = await project.command('run', 't.yaml', '--only', 'load-base');
  expect(run.code).toBe(0);
  expect(
    JSON.parse(await readFile(project.path('.pipeline/state/t.json'), 'utf8')).stages['load-base'].outputs.weights.size,
  ).toBeGreaterThan(400_000);
});

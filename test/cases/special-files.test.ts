/** A named pipe that nobody writes into, in the place of each file that a command reads: refused at once, never waited for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pipelineText, Project, repository } from '../e2e/rig.js';

const base = join(repository, 'examples', 'base');

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 8);
  await project.write('t.yaml', pipelineText({ train: 'epochs: 1' }));
  await cp(base, project.path('model'), { recursive: true });
  await pipeAt('pipe');
});
afterAll(() => project.remove());

async function pipeAt(name: string): Promise<void> {
  await mkdir(join(project.path(name), '..'), { recursive: true });
  await rm(project.path(name), { force: true });
  execFileSync('mkfifo', [project.path(name)]);
}

/** Exit code and messages, on one line. */
async function resultOf(...args: string[]): Promise<string> {
  const { code, stderr } = await project.command(...args);
  return `${code} ${stderr.replace(/\s+/g, ' ')}`;
}

test('as the pipeline file, a folder too', async () => {
  for (const command of ['run', 'plan', 'doctor', 'graph'])
    expect(await resultOf(command, 'pipe')).toMatch(/^5 pipe: is a pipe expected: a pipeline file in YAML/);
  expect(await resultOf('plan', 'pictures')).toMatch(/^2 pictures: is a folder expected: a pipeline file in YAML/);
  expect(await resultOf('plan', '/dev/stdin')).toMatch(/^5 \/dev\/stdin: is a (pipe|socket or a device) /);
});

test('as an image, a list of images, a report', async () => {
  expect(await resultOf('predict', 'model', 'pipe', 'pictures/cats')).toMatch(
    /^3 .*pipe: is a pipe.*8 \w+, 1 could not be read/,
  );
  expect(await resultOf('predict', 'model', '--files-from', 'pipe')).toMatch(
    /^5 pipe: is a pipe expected: a file with image names/,
  );
});

test('as a file of a model', async () => {
  for (const file of ['model.json', 'classes.json', 'preprocessing.json', 'group1-shard1of1.bin']) {
    await rm(project.path('copy'), { recursive: true, force: true });
    await cp(base, project.path('copy'), { recursive: true });
    await pipeAt(`copy/${file}`);
    expect(await resultOf('predict', 'copy', 'pictures/cats')).toMatch(
      /^[35] .*: (is a pipe|the weights in .* have 0 bytes)/,
    );
  }
  await project.write(
    'w.yaml',
    'version: 1\nstages:\n  load-base: {architecture: layers_model, preprocessing: tf, weights: pipe}\n',
  );
  expect(await resultOf('run', 'w.yaml')).toMatch(/^5 .*is a pipe/);
  await project.write(
    'w.yaml',
    'version: 1\nstages:\n  load-base: {architecture: layers_model, preprocessing: tf, weights: copy/model.json}\n',
  );
  expect(await resultOf('run', 'w.yaml')).toMatch(/^5 .*is a pipe/);
});

test('as the lock file', async () => {
  await pipeAt('t.lock.yaml');
  expect(await resultOf('run', 't.yaml')).toMatch(/^5 t\.lock\.yaml: is a pipe expected: the lock file of a pipeline/);
  await rm(project.path('t.lock.yaml'));
});

test('as state, rates, and records of runs: they count as missing', async () => {
  await pipeAt('.pipeline/state/t.json');
  await pipeAt('.pipeline/rates.json');
  await pipeAt('.pipeline/runs/20260101-000000-00000/run.json');
  expect(await resultOf('run', 't.yaml')).toMatch(/^0 /);
  expect(await resultOf('runs')).toMatch(/^0 /);
  // A delivered file was replaced with a pipe.
  await pipeAt('models/pets/classes.json');
  expect(await resultOf('status', 't.yaml')).toMatch(/^0 /);
  expect(await resultOf('run', 't.yaml')).toMatch(/^4 .*classes\.json: was changed since it was written/);
});

test('the pipes of a shell are read to their end: a list and an image', async () => {
  const cli = join(repository, 'dist', 'cli.js');
  const script = `node ${cli} predict model --files-from <(ls -d pictures/cats) --json && node ${cli} predict model <(cat pictures/cats/cat-001.jpg) --json`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: project.root });
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; class: string; score: number });
  expect(answers).toHaveLength(9);
  expect(answers[8]).toMatchObject({
    file: expect.stringMatching(/^\/(dev|proc\/self)\/fd\/\d+$/),
    class: answers[0].class,
    score: answers[0].score,
  });
});

/** `worker FILE --shard i/n`: processes without a queue, each with a share of one run. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { shardOf } from '../../src/cluster/shard-place.js';
import { pipelineText, Project } from '../e2e/rig.js';
import { outputsOf, rowsOf } from './rig.js';

let place: Project;
let project: Project;
let alone: Project;
const sweep = 'matrix:\n  epochs: {field: stages.train.epochs, values: [1, 2]}\n';

beforeAll(async () => {
  [place, project, alone] = await Promise.all([Project.create(), Project.create(), Project.create()]);
  for (const one of [project, alone]) await one.addPets('pictures', 24);
  await project.write('pets.yaml', pipelineText({ more: `cache: {remote: ${place.root}}\n${sweep}` }));
  await alone.write('pets.yaml', pipelineText({ more: sweep }));
});
afterAll(() => Promise.all([place, project, alone].map((one) => one.remove())));

const shard = (share: string, ...more: readonly string[]) =>
  project.command('worker', 'pets.yaml', '--shard', share, '--job-size', '8', ...more);

test('three shares are one run: each row once, and the run after them only exports', async () => {
  const shares = await Promise.all(['0/3', '1/3', '2/3'].map((share) => shard(share)));
  expect(shares.map(({ code, stderr }) => [code, stderr])).toEqual(shares.map(() => [0, '']));
  const rows = await rowsOf(place.root);
  expect([rows.size, Math.max(...rows.values())]).toEqual([48, 1]);
  const run = await project.run();
  expect([run.code, run.stages.filter(({ state, kind }) => state === 'ran' && kind !== 'export')]).toEqual([0, []]);
  const expected = await alone.run();
  expect(run.metrics).toEqual(expected.metrics);
  expect(await outputsOf(project)).toEqual(await outputsOf(alone));
});

test('what the others do not do is done by the one that is there', async () => {
  await rm(join(place.root, 'v1'), { recursive: true });
  await rm(project.path('.pipeline'), { recursive: true });
  expect((await shard('1/3', '--wait-seconds', '1')).code).toBe(0);
  expect((await rowsOf(place.root)).size).toBe(48);
});

test('the share is read from Slurm, Kubernetes and AWS Batch', () => {
  const slurm = { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_MIN: '4', SLURM_ARRAY_TASK_COUNT: '3' };
  expect(shardOf(undefined, undefined, slurm)).toEqual({ index: 1, count: 3 });
  const batch = { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '8' };
  expect(shardOf(undefined, undefined, batch)).toEqual({ index: 0, count: 8 });
  expect(shardOf(undefined, 4, { JOB_COMPLETION_INDEX: '3' })).toEqual({ index: 3, count: 4 });
  expect(shardOf('2/4', undefined, slurm)).toEqual({ index: 2, count: 4 });
  for (const [option, count, environment] of [
    ['4/4', undefined, {}],
    ['a', undefined, {}],
    [undefined, undefined, {}],
    [undefined, undefined, { JOB_COMPLETION_INDEX: '0' }],
    [undefined, undefined, { ...slurm, SLURM_ARRAY_TASK_ID: '9' }],
  ] as const)
    expect(() => shardOf(option, count, environment)).toThrow();
});

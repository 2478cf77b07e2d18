/** A training that was stopped, by force or by Ctrl-C, continues where it was and ends in the same bytes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '../../src/core/event.js';
import { pipelineText, Project } from './rig.js';

const text = pipelineText({
  head: '{units: 64, activation: relu}',
  train: `epochs: 40
    batch_size: 8
    schedule: cosine
    warmup_epochs: 2
    l2: 0.0001
    early_stopping: {patience: 40}`,
});
let undisturbed: Project;
let outputs: unknown;

/** Digests of the outputs of each stage. */
async function digestsOf(project: Project): Promise<unknown> {
  const { stages } = JSON.parse(await project.read('.pipeline/state/pets.json')) as {
    stages: Record<string, { outputs: unknown }>;
  };
  return Object.fromEntries(Object.entries(stages).map(([name, stage]) => [name, stage.outputs]));
}

async function checkpointsOf(project: Project): Promise<string[]> {
  const folder = project.path('.pipeline/cache/v1/checkpoints');
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function created(): Promise<Project> {
  const project = await Project.create();
  await project.addPets('pictures', 16);
  await project.write('pets.yaml', text);
  return project;
}

const isEpoch = (number: number) => (event: RunEvent) => event.event === 'epoch' && event.epoch === number;
const epochsOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.event === 'epoch' ? event.epoch : []));
const notesOf = (events: readonly RunEvent[], code: string) =>
  events.flatMap((event) => (event.event === 'note' && event.code === code ? event.text : []));

beforeAll(async () => {
  undisturbed = await created();
  const run = await undisturbed.run();
  expect([run.code, epochsOf(run.events).length]).toEqual([0, 40]);
  outputs = await digestsOf(undisturbed);
});
afterAll(() => undisturbed.remove());

test('kill -9 in the middle of training', async () => {
  const project = await created();
  project.environment.PIPELINE_CHECKPOINT_SECONDS = '0';
  const killed = await project.runUntil(isEpoch(5), 'SIGKILL');
  expect([killed.signal, killed.events.some(({ event }) => event === 'run')]).toEqual(['SIGKILL', false]);
  expect(await checkpointsOf(project)).toHaveLength(1);
  const again = await project.runUntil(isEpoch(12), 'SIGKILL');
  expect(again.signal).toBe('SIGKILL');
  const [first] = epochsOf(again.events);
  expect(first).toBeGreaterThanOrEqual(5);
  expect(notesOf(again.events, 'resumed')).toEqual([
    expect.stringMatching(/^resumed (after epoch \d+|in epoch \d+, after \d+ batch(es)?)$/),
  ]);

  const last = await project.run();
  expect([last.code, last.state]).toEqual([0, 'ok']);
  expect(epochsOf(last.events)[0]).toBeGreaterThanOrEqual(12);
  expect(last.named('fresh')).toEqual(['ingest', 'load-base', 'freeze', 'build-head']);
  expect(await digestsOf(project)).toEqual(outputs);
  expect(await checkpointsOf(project)).toEqual([]);
  await project.remove();
});

test('Ctrl-C leaves a checkpoint at once, and exits 130', async () => {
  const project = await created();
  const stopped = await project.runUntil(isEpoch(3), 'SIGINT');
  expect(stopped.code).toBe(130);
  expect(stopped.events.at(-1)).toMatchObject({ event: 'run', state: 'interrupted' });
  const seen = epochsOf(stopped.events).at(-1)!;
  expect(seen).toBeLessThan(40);
  expect(await checkpointsOf(project)).toHaveLength(1);
  expect((await project.command('plan', 'pets.yaml')).stdout).toMatch(/^train +run +resumes from a checkpoint$/m);
  const run = await project.run();
  expect([run.code, epochsOf(run.events)[0]]).toEqual([0, seen + 1]);
  expect(notesOf(run.events, 'resumed')).toHaveLength(1);
  expect(await digestsOf(project)).toEqual(outputs);
  await project.remove();
});

test('a damaged checkpoint is reported once, and training begins again', async () => {
  const project = await created();
  expect((await project.runUntil(isEpoch(3), 'SIGINT')).code).toBe(130);
  const [path] = await checkpointsOf(project);
  const bytes = await readFile(path);
  bytes[bytes.length - 9] ^= 1;
  await rm(path);
  await writeFile(path, bytes);
  const run = await project.run();
  expect([run.code, epochsOf(run.events)[0]]).toEqual([0, 1]);
  expect(notesOf(run.events, 'cache-damage')).toEqual([expect.stringContaining('checkpoint')]);
  expect(notesOf(run.events, 'resumed')).toEqual([]);
  expect(await digestsOf(project)).toEqual(outputs);
  await project.remove();
});

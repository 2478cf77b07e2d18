/** The runs of a project: their ids, their states, how they are named, and how many are kept. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../../src/core/problem.js';
import type { RunFound, RunStart } from '../../../src/core/run-record.js';
import { datedWrong, listRuns, newRunFolder, pickRun, RUNS_KEPT } from '../../../src/runner/runs/run-history.js';
import { owner } from '../../../src/store/disk/owner.js';

let runs: string;
beforeEach(async () => {
  runs = join(await mkdtemp(join(tmpdir(), 'pipeline-runs-')), 'runs');
});
afterEach(() => rm(join(runs, '..'), { recursive: true }));

const start = new Date('2026-09-01T14:03:12.417Z');

async function record(after: number, content: object, file = 'pets.yaml'): Promise<string> {
  const { id, folder } = await newRunFolder(runs, new Date(start.getTime() + after));
  await writeFile(join(folder, 'run.json'), JSON.stringify({ ...startOf(id, file), ...content }));
  return id;
}

function startOf(id: string, file: string): RunStart {
  const pipeline = { name: 'pets', file, seed: 1 };
  return {
    format: 1,
    id,
    startedAt: start.toISOString(),
    tool: '0',
    node: 'v20',
    platform: 'linux-x64',
    pipeline,
    source: { text: '', set: [] },
    graph: [],
  };
}

const done = { state: 'ok', stages: [], metrics: {}, problems: [], durationMs: 1 };
const gone = { state: 'running', owner: `${owner().split('-')[0]}-999999999` };

function complaint(runsFound: readonly RunFound[], reference: string): string {
  try {
    return pickRun(runsFound, reference, { where: 'here' }).id;
  } catch (error) {
    return (error as PipelineError).problems[0].found;
  }
}

test('an id contains the time of the start to the millisecond, so that ids sort by it', async () => {
  const { id } = await newRunFolder(runs, start);
  expect(id).toMatch(/^20260901-140312-417[0-9a-f]{2}$/);
  const ids = [id, await record(1, done), await record(2000, done)];
  expect([...ids].sort()).toEqual(ids);
});

test('a run that is dated in the future is the last only until the next one', async () => {
  const future = await record(1e12, done);
  const legacy = '20990101-000000-00000';
  await mkdir(join(runs, legacy));
  expect(datedWrong(await listRuns(runs))).toMatchObject({ id: legacy });
  await rm(join(runs, legacy), { recursive: true });
  expect(datedWrong(await listRuns(runs))).toBeUndefined();
  const ids = [await record(0, done), await record(1, done)];
  const found = await listRuns(runs);
  expect(found.map(({ id }) => id)).toEqual([ids[1], ids[0], future]);
  expect(pickRun(found, 'last', { where: 'here' }).id).toBe(ids[1]);
  expect(datedWrong(found)).toMatchObject({ id: future });
});

test('a run of the future goes as the oldest one', async () => {
  const future = await record(1e12, done);
  for (let i = 0; i < RUNS_KEPT; i++) await record(i, done);
  expect(await readdir(runs)).not.toContain(future);
});

test('two runs of one millisecond have folders of their own', async () => {
  const made = await Promise.all(Array.from({ length: 12 }, () => newRunFolder(runs, start)));
  expect(new Set(made.map(({ folder }) => folder)).size).toBe(12);
});

test('runs are listed newest first, with what became of them', async () => {
  const finished = await record(0, done);
  const killed = await record(1, gone);
  const otherBoot = await record(2, { state: 'running', owner: `00000000-${process.pid}` });
  const running = await record(3, { state: 'running', owner: owner() });
  const { id: empty } = await newRunFolder(runs, new Date(start.getTime() + 4));
  const newer = await record(5, { ...done, format: 2 });
  await mkdir(join(runs, 'notes'));
  expect((await listRuns(runs)).map(({ id, state }) => [id, state])).toEqual([
    [newer, 'unreadable'],
    [empty, 'unreadable'],
    [running, 'running'],
    [otherBoot, 'killed'],
    [killed, 'killed'],
    [finished, 'finished'],
  ]);
});

test('runs of one pipeline file alone', async () => {
  await record(0, done, 'other.yaml');
  const pets = await record(1, done);
  expect((await listRuns(runs, 'pets.yaml')).map(({ id }) => id)).toEqual([pets]);
  expect(await listRuns(join(runs, 'none'))).toEqual([]);
});

test('the oldest runs go when there are more than are kept, but never one that continues', async () => {
  const running = await record(0, { state: 'running', owner: owner() });
  const oldest = await record(1, done);
  const ids = [];
  for (let i = 0; i < RUNS_KEPT; i++) ids.push(await record(2 + i, done));
  const left = await readdir(runs);
  expect(left.sort()).toEqual([running, ...ids].sort());
  expect(left).not.toContain(oldest);
});

describe('a run is named', () => {
  const found = ['20260902-000000-00000', '20260901-140312-41700', '20260901-140000-00000'].map((id): RunFound => ({
    state: 'unreadable',
    id,
  }));

  test('by its place from the last one', () => {
    expect(['last', 'last~0', 'last~1', 'last~2'].map((name) => complaint(found, name))).toEqual([
      found[0].id,
      ...found.map(({ id }) => id),
    ]);
    expect(complaint(found, 'last~3')).toBe('there are 3 runs in here');
  });

  test('by the beginning of its id, where that fits one', () => {
    expect(complaint(found, '20260902')).toBe(found[0].id);
    expect(complaint(found, '20260901-1403')).toBe(found[1].id);
    expect(complaint(found, '20260901')).toBe('matches 2 runs: 20260901-140312-41700, 20260901-140000-00000');
    expect(complaint(found, 'pets')).toBe('is neither a run nor a pipeline file');
    expect(complaint([], 'last')).toBe('no runs are recorded in here');
  });
});

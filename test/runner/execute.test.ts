/** The scheduler on stages that only say when they run. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { getMaxListeners } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../../src/config/load.js';
import type { RunEvent } from '../../src/core/event.js';
import { failure } from '../../src/core/problem.js';
import { stageKinds, type StageKind } from '../../src/core/schema-types.js';
import type { StageContext } from '../../src/core/stage.js';
import { execute } from '../../src/runner/execute.js';
import type { RunResult } from '../../src/runner/outcome.js';
import type { StageTable } from '../../src/runner/graph.js';
import { plan } from '../../src/runner/plan.js';
import { openSession, type Session } from '../../src/runner/session.js';
import { stages } from '../../src/stages/index.js';
import { openStore } from '../../src/store/store.js';

const file = `version: 1
stages:
  ingest: {source: pictures}
  load-base: {architecture: vgg16, weights: random}
  freeze: {layers: all}
  build-head: {layers: [flatten, classifier]}
  train: {}
  evaluate: {}
  export: {to: out}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-execute-'));
  await writeFile(join(folder, 'p.yaml'), file);
});
afterEach(() => rm(folder, { recursive: true }));

/** Each kind reads what the real one reads, and outputs its name; `work` may wait, fail or output something else. */
function table(work: Partial<Record<StageKind, (context: StageContext) => Promise<void> | void>> = {}): StageTable {
  const outputs: Partial<Record<StageKind, string[]>> = { ingest: ['spec', 'samples', 'files'], evaluate: ['metrics'] };
  const entries = stageKinds.map((kind) => {
    const run = async (context: StageContext): Promise<void> => {
      await work[kind]?.(context);
      for (const name of outputs[kind] ?? ['model']) await context.putJson(name, { kind });
    };
    const { reads, metrics } = stages[kind];
    return [kind, { kind, impl: 1, reads, metrics, run }];
  });
  return Object.fromEntries(entries) as StageTable;
}

async function run(
  stagesTable: StageTable,
  options: {
    jobs?: number;
    signal?: AbortSignal;
    set?: string[];
    prepare?: (session: Session) => void;
    listen?: (event: RunEvent) => void;
  } = {},
): Promise<RunResult & { events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const pipeline = await loadPipeline('p.yaml', { cwd: folder, set: options.set });
  const session = await openSession(
    pipeline,
    stagesTable,
    (root) => openStore(root, { onDamage: () => undefined, tool: 'test' }),
    (event) => {
      events.push(event);
      options.listen?.(event);
    },
  );
  options.prepare?.(session);
  const all = new Set(session.graph.byName.keys());
  const { jobs = 2, signal = new AbortController().signal } = options;
  return { ...(await execute(session, { selected: all, forced: new Set(), jobs, signal })), events };
}

const states = (result: RunResult) => Object.fromEntries(result.stages.map(({ name, state }) => [name, state]));

describe('the scheduler', () => {
  test('any number of stages may listen for an interruption, without a warning of Node', async () => {
    let most = NaN;
    await run(table({ train: ({ signal }) => void (most = getMaxListeners(signal)) }));
    expect(most).toBe(Infinity);
  });

  test('a listener that throws ends the run, once no stage runs any more', async () => {
    let [ended, begin] = [false, (): void => undefined];
    const thrown = new Promise<void>((resolve) => (begin = resolve));
    const slow = table({
      'load-base': async () => {
        await thrown;
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended = true;
      },
    });
    const listen = (event: RunEvent): void => {
      if (event.event !== 'stage' || event.name !== 'ingest') return;
      begin();
      throw new Error('no more of this');
    };
    await expect(run(slow, { listen })).rejects.toThrow('no more of this');
    expect(ended).toBe(true);
  });

  test.each([
    [2, 2],
    [1, 1],
  ])('with %i jobs, ingest and load-base run %i at a time', async (jobs, expected) => {
    let running = 0;
    let most = 0;
    const meet = async (): Promise<void> => {
      most = Math.max(most, ++running);
      // Long enough for the other one to begin, where it may; a busy machine needs a while for that.
      for (let turn = 0; turn < (jobs === 2 ? 5000 : 50) && most < 2; turn++)
        await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    };
    await run(table({ ingest: meet, 'load-base': meet }), { jobs });
    expect(most).toBe(expected);
  });

  test('a stage starts after those that it reads', async () => {
    const { events } = await run(table());
    const at = (name: string, event: RunEvent['event']) =>
      events.findIndex((one) => one.event === event && 'name' in one && one.name === name);
    expect(at('build-head', 'stage-start')).toBeGreaterThan(at('freeze', 'stage'));
    expect(at('build-head', 'stage-start')).toBeGreaterThan(at('ingest', 'stage'));
    expect(at('export', 'stage-start')).toBeGreaterThan(at('evaluate', 'stage'));
  });

  test('a failure skips what reads from it, and the rest continues', async () => {
    const broken = () => Promise.reject(failure('bad-data', { code: 'x', found: 'is broken' }));
    const result = await run(table({ ingest: broken }));
    expect(states(result)).toEqual({
      ingest: 'failed',
      'load-base': 'ran',
      freeze: 'ran',
      'build-head': 'skipped',
      train: 'skipped',
      evaluate: 'skipped',
      export: 'skipped',
    });
    expect([result.state, result.failures.map(({ category }) => category)]).toEqual(['failed', ['bad-data']]);
    // What was finished is kept: the next run does only the rest.
    expect(states(await run(table()))).toMatchObject({
      'load-base': 'fresh',
      freeze: 'fresh',
      ingest: 'ran',
      train: 'ran',
    });
  });

  test('a stage that runs again to the same bytes stops the wave', async () => {
    await run(table());
    const result = await run(table(), { set: ['stages.ingest.image.size=[64, 64]'] });
    expect(states(result)).toEqual({
      ingest: 'ran',
      'load-base': 'fresh',
      freeze: 'fresh',
      'build-head': 'fresh',
      train: 'fresh',
      evaluate: 'fresh',
      export: 'fresh',
    });
  });

  test('stages that run first come before all others, which are skipped if one of them fails', async () => {
    const first: StageTable = table();
    const asked: unknown[] = [];
    const base = {
      ...first['load-base'],
      survey: () => Promise.resolve({ preimage: null, found: 'far away' }),
      runsFirst: (found: unknown, offline: boolean) => asked.push([found, offline]) > 0,
    };
    const { events } = await run({ ...first, 'load-base': base });
    const at = (name: string, event: RunEvent['event']) =>
      events.findIndex((one) => one.event === event && 'name' in one && one.name === name);
    expect(at('ingest', 'stage-start')).toBeGreaterThan(at('load-base', 'stage'));
    expect(asked).toEqual([['far away', false]]);

    const broken = {
      ...base,
      impl: 2,
      run: () => Promise.reject(failure('input-output', { code: 'x', found: 'far' })),
    };
    const changed = ['stages.ingest.image.size=[64, 64]'];
    const stopped = await run({ ...first, 'load-base': broken }, { set: changed });
    expect(states(stopped)).toEqual({
      'load-base': 'failed',
      ...Object.fromEntries(
        ['ingest', 'freeze', 'build-head', 'train', 'evaluate', 'export'].map((name) => [name, 'skipped']),
      ),
    });
    // A survey that fails is reported before any work too.
    const missing = { ...base, survey: () => Promise.reject(failure('bad-data', { code: 'y', found: 'is missing' })) };
    expect(states(await run({ ...first, 'load-base': missing }, { set: changed }))).toEqual(states(stopped));
  });

  test('an interrupted run keeps what was finished and starts nothing more', async () => {
    const controller = new AbortController();
    const result = await run(table({ freeze: () => controller.abort() }), { signal: controller.signal, jobs: 1 });
    expect(result.state).toBe('interrupted');
    expect(states(result)).toMatchObject({ freeze: 'interrupted', train: 'skipped' });
    expect(states(await run(table()))).toMatchObject({ 'load-base': 'fresh', freeze: 'ran', train: 'ran' });
  });

  test('a failed cleanup of the cache is reported, and the run succeeds', async () => {
    const prepare = ({ store }: Session): void =>
      void Object.assign(store, { putRoot: () => Promise.reject(new RangeError('off by one')) });
    const { state, events } = await run(table(), { prepare });
    expect([state, events.at(-1)?.event]).toEqual(['ok', 'run']);
    expect(events).toContainEqual({
      event: 'note',
      code: 'cache-not-collected',
      text: 'cleaning up the cache failed: off by one',
    });
    // The job is over: nothing is held any more.
    expect(await readdir(join(folder, '.pipeline/cache/v1/locks'))).toEqual([]);
    expect((await run(table(), { prepare })).state).toBe('ok');
  });

  test('a bug in a stage fails that stage with its name', async () => {
    const result = await run(
      table({
        train: () => {
          throw new RangeError('off by one');
        },
      }),
    );
    expect(states(result)).toMatchObject({ 'build-head': 'ran', train: 'failed', export: 'skipped' });
    expect(result.failures[0].problems).toEqual([expect.objectContaining({ where: 'train', found: 'off by one' })]);
  });
});

test('a cached result that breaks a newer rule is taken by neither a run nor a plan', async () => {
  expect((await run(table())).state).toBe('ok');
  const { train } = table();
  const recheck = () =>
    Promise.reject(failure('invalid', { code: 'newer-rule', field: ['epochs'], found: 'is refused' }));
  const stricter = { ...table(), train: { ...train, recheck } } as StageTable;
  const { state, stages: outcomes, failures } = await run(stricter);
  expect([state, failures[0].category, failures[0].problems[0].code]).toEqual(['failed', 'invalid', 'newer-rule']);
  expect(outcomes.map((outcome) => outcome.state)).toEqual([
    'fresh',
    'fresh',
    'fresh',
    'fresh',
    'failed',
    'skipped',
    'skipped',
  ]);
  let session: Session | undefined;
  await run(stricter, { prepare: (opened) => void (session = opened) });
  await expect(plan(session!)).rejects.toMatchObject({ category: 'invalid', problems: [{ code: 'newer-rule' }] });
});

/** The commands beside `run`, the events that programs read, and the library. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ActionKey } from '../../src/core/digest.js';
import type { RunEvent } from '../../src/core/event.js';
import { machineClass } from '../../src/core/machine-class.js';
import { resolveEngine } from '../../src/engine/resolve.js';
import { actionKeyOf, type Preimage } from '../../src/runner/action-key.js';
import { native } from '../engine/tfjs/backends.js';
import { checkEvent } from './event-schema.js';
import { pipelineText, Project, repository } from './rig.js';

let project: Project;
const all = ['ingest', 'load-base', 'freeze', 'build-head', 'train', 'evaluate', 'export'];

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText());
});
afterAll(() => project.remove());

describe('before anything ran', () => {
  test('plan and --dry-run show what would run, and run nothing', async () => {
    const plan = await project.command('plan', 'pets.yaml');
    expect(plan.stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'ingest run first run',
      'load-base run first run',
      'freeze may run reads load-base, which runs first',
      'build-head may run reads ingest, which runs first',
      'train may run reads ingest, which runs first',
      'evaluate may run reads ingest, which runs first',
      'export may run reads ingest, which runs first',
      'features 24 to extract, one per image and view; 8 reused',
      expect.stringMatching(/^disk 27\.\d kB of features; [\d.]+ GB free$/),
      'time not measured on this machine yet (train)',
      '',
    ]);
    // Others use the disk in the meantime.
    const withoutFree = (text: string): string => text.replace(/[\d.]+ GB free/, '');
    const dry = await project.command('run', 'pets.yaml', '--dry-run');
    expect(withoutFree(dry.stdout)).toBe(withoutFree(plan.stdout));
    expect((await project.command('status', 'pets.yaml')).stdout).toBe(
      '7 of 7 stages are not up to date; the first is ingest, which would run (first run)\n',
    );
    expect((await project.command('status', 'pets.yaml', '--exit-code')).code).toBe(1);
  });

  test('graph draws the stages as text, Mermaid and DOT', async () => {
    const text = await project.command('graph', 'pets.yaml');
    expect(text.stdout).toContain('train  <- data: ingest, model: build-head\n');
    expect(text.stdout).toContain('export  <- data: ingest, model: train, minimum: evaluate\n');
    const mermaid = await project.command('graph', 'pets.yaml', '--format', 'mermaid');
    expect(mermaid.stdout).toContain('  stage_freeze -->|base| stage_build_2dhead\n');
    const dot = await project.command('graph', 'pets.yaml', '--format', 'dot');
    expect(dot.stdout).toContain('  "load-base" -> "freeze" [label="base"];\n');
    expect((await project.command('graph', 'pets.yaml', '--format', 'svg')).code).toBe(2);
  });
});

describe('the events of a run', () => {
  test('are one JSON object a line; the last one sums it up', async () => {
    const run = await project.run();
    expect(run.events.filter(({ event }) => event === 'epoch')).toHaveLength(3);
    const last = run.events.at(-1)!;
    const own = ['durationMs', 'event', 'metrics', 'run', 'stages', 'state', 'time', 'version'];
    expect(Object.keys(last).sort()).toEqual(own);
    const listed = JSON.parse((await project.command('runs', '--json')).stdout.split('\n')[0]) as { id: string };
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(new Set(run.events.map((event) => event.run))).toEqual(new Set([listed.id]));
    expect(new Set(run.events.map((event) => event.version))).toEqual(new Set([version]));
    const times = run.events.map(({ time }) => time);
    expect([...times].sort()).toEqual(times);
    expect(run.stages.map(({ name }) => name)).toEqual(all);
    expect(run.stage('train')).toEqual({
      name: 'train',
      kind: 'train',
      state: 'ran',
      reason: 'first run',
      durationMs: expect.any(Number),
      features: { extracted: 24, reused: 0 },
    });
    expect(run.stage('ingest').features).toBeUndefined();
    expect(run.metrics.evaluate).toMatchObject({
      accuracy: expect.any(Number),
      loss: expect.any(Number),
      roc_auc: expect.any(Number),
    });
  });

  test('a refused pipeline still ends its stream', async () => {
    await project.write('locked.yaml', await project.read('pets.yaml'));
    await project.write('locked.lock.yaml', 'version: 9\n');
    const calls: [expected: number, file: string, ...args: string[]][] = [
      [2, 'pets.yaml', '--set', 'stages.train.epochs=none'],
      [2, 'pets.yaml', 'evalute'],
      [2, 'locked.yaml'],
    ];
    for (const [expected, ...args] of calls) {
      const { code, stdout } = await project.command('run', '--json', ...args);
      expect([args, code]).toEqual([args, expected]);
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string; run: unknown; state?: string });
      events.forEach(checkEvent);
      expect(events.map(({ run }) => run)).toEqual([null, null]);
      expect(events.map(({ event }) => event)).toEqual(['problem', 'run']);
      expect(events[1].state).toBe('failed');
    }
    await project.write(
      'broken/pets.yaml',
      (await project.read('pets.yaml')).replace('source: pictures', 'source: ../pictures'),
    );
    await project.write('broken/.pipeline/runs', 'no folder');
    const { code, stdout } = await project.command('run', '--json', 'broken/pets.yaml');
    expect([
      code === 0,
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as RunEvent).event),
    ]).toEqual([false, ['problem', 'run']]);
  });

  test('--quiet leaves out progress, notes and warnings, and keeps errors and results', async () => {
    const calm = await project.command('run', 'pets.yaml', '--quiet', '--force', 'train');
    expect([calm.code, calm.stdout]).toEqual([0, '']);
    const lines = calm.stderr.trimEnd().split('\n');
    expect([lines[0], lines.at(-1)]).toEqual([
      expect.stringMatching(/^evaluate: accuracy /),
      expect.stringMatching(/^done in /),
    ]);
    expect(calm.stderr).not.toMatch(/epoch 1|first run|details:/);
    const failed = await project.command('run', 'pets.yaml', '-q', '--set', 'stages.evaluate.minimum.accuracy=1.01');
    expect(failed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('accuracy') });
    await project.command('run', 'pets.yaml');
    const predicted = await project.command('predict', 'models/pets', 'pictures/cats', 'pets.yaml', '--quiet');
    expect(predicted.stdout.split('\n').length).toBeGreaterThan(12);
    expect([predicted.code, predicted.stderr]).toEqual([3, expect.stringMatching(/^pets\.yaml: .*\n$/s)]);
  });

  test('a level that the log does not have is refused before there is a run', async () => {
    const runs = await readdir(project.path('.pipeline/runs'));
    const { code, stderr } = await project.command('run', 'pets.yaml', '--log-level', 'verbose');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('--log-level: must be one of trace, debug, info, warn, error, but got `verbose`'),
    ]);
    expect(await readdir(project.path('.pipeline/runs'))).toEqual(runs);
  });
});

describe('after a run', () => {
  test('explain shows what decides a stage and what changed', async () => {
    const same = await project.command('explain', 'pets.yaml', 'train');
    expect(same.stdout).toMatch(/^train: fresh, nothing changed\n/);
    expect(same.stdout).toContain('  decided by config.epochs: 3\n');
    const other = await project.command('explain', 'pets.yaml', 'train', '--set', 'stages.train.epochs=9');
    expect(other.stdout).toMatch(/^train: stale, epochs 3 -> 9\n {2}changed: epochs 3 -> 9\n/);
    const json = JSON.parse((await project.command('explain', 'pets.yaml', 'train', '--json')).stdout);
    expect(json).toMatchObject({ state: 'fresh', changes: [], preimage: { kind: 'train', config: { epochs: 3 } } });
  });

  test('explain shows by what a result was computed, which is not a part of the key', async () => {
    const records = await readdir(project.path('.pipeline/cache/v1/records'), { recursive: true });
    const texts = await Promise.all(
      records
        .filter((name) => name.endsWith('.json'))
        .map((name) => project.read(`.pipeline/cache/v1/records/${name}`)),
    );
    const byKind = new Map(
      texts
        .map((text) => JSON.parse(text) as { key: ActionKey; preimage: Preimage; computedBy?: unknown })
        .map((record) => [record.preimage.kind, record]),
    );
    const { key, preimage, computedBy } = byKind.get('train')!;
    const { name, backend, version } = resolveEngine('auto');
    const processor = cpus()[0].model.trim();
    const kind = machineClass();
    expect(computedBy).toEqual({
      engine: name,
      backend,
      version,
      processor,
      architecture: process.arch,
      machineClass: kind,
    });
    expect(actionKeyOf(preimage)).toBe(key);
    expect(JSON.stringify(preimage)).not.toContain(processor);
    expect(JSON.stringify(preimage)).not.toContain('machineClass');
    expect(
      [...byKind.values()].flatMap((one) => (one.computedBy === undefined ? [] : one.preimage.kind)).sort(),
    ).toEqual(['evaluate', 'export', 'train']);
    const explain = async (...args: string[]) => (await project.command('explain', 'pets.yaml', ...args)).stdout;
    expect(await explain('train')).toContain(
      `  computed by: ${name} ${version} (${backend}) on ${processor}, ${kind}\n`,
    );
    expect(JSON.parse(await explain('train', '--json'))).toMatchObject({ computedBy });
    expect(await explain('ingest')).not.toContain('computed by');
    // What is yet to be computed was computed by nothing.
    expect(await explain('train', '--set', 'stages.train.epochs=9')).not.toContain('computed by');
  });

  test('control characters in names reach no terminal', async () => {
    await project.addPets('pics\u009b2J', 12);
    const set = ['--set', `stages.ingest.source=${project.path('pics\u009b2J')}`];
    for (const args of [
      ['plan', 'pets.yaml'],
      ['status', 'pets.yaml'],
      ['explain', 'pets.yaml', 'ingest'],
    ]) {
      const { code, stdout } = await project.command(...args, ...set);
      expect([code, stdout]).toEqual([0, expect.stringContaining('pics?2J')]);
      expect(stdout).not.toContain('\u009b');
    }
  });

  test('the run left a log and its summary', async () => {
    const [id] = await readdir(project.path('.pipeline/runs'));
    const log = (await project.read(`.pipeline/runs/${id}/log.ndjson`))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(log[0].msg).toBe('run started');
    expect(JSON.parse(await project.read(`.pipeline/runs/${id}/run.json`))).toMatchObject({ id, state: 'ok' });
  });

  test('the library plans and runs the same', async () => {
    const library = (await import(
      pathToFileURL(join(repository, 'dist/index.js')).href
    )) as typeof import('../../src/index.js');
    const pipeline = await library.load('pets.yaml', { cwd: project.root });
    expect((await library.plan(pipeline)).map(({ state }) => state)).toEqual(all.map(() => 'fresh'));
    const events: string[] = [];
    const result = await library.run(pipeline, { onEvent: ({ event }) => events.push(event), stages: ['freeze'] });
    expect([result.state, result.stages.map(({ name }) => name), events.at(-1)]).toEqual([
      'ok',
      ['load-base', 'freeze'],
      'run',
    ]);
    await expect(library.load('none.yaml', { cwd: project.root })).rejects.toThrow();
  });
});

describe('damage in the cache', () => {
  test('is shown by a dry run as by a plan', async () => {
    const records = project.path('.pipeline/cache/v1/records');
    const [record] = (await readdir(records, { recursive: true })).filter((name) => name.endsWith('.json')).sort();
    for (const command of [
      ['plan', 'pets.yaml'],
      ['run', 'pets.yaml', '--dry-run'],
    ]) {
      const damaged = join(records, record);
      const whole = await readFile(damaged);
      await writeFile(damaged, whole.subarray(1));
      const { code, stderr } = await project.command(...command);
      expect([code, stderr]).toEqual([0, expect.stringContaining(`records/${record}: `)]);
      await writeFile(damaged, whole);
    }
  });
});

describe('the tfjs engine', () => {
  // On its native backend it can: tfjs-node.test.ts.
  (native ? test.skip : test)(
    'runs the whole pipeline, and says what to do where it cannot train convolutions',
    async () => {
      const other = await Project.create();
      await other.addPets('pictures', 8);
      await other.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
      const set = ['--engine', 'tfjs', '--set', 'stages.ingest.split.validation=0.4'];
      const wasm = await other.run('pets.yaml', ...set);
      expect([wasm.code, wasm.stage('train').features!.extracted]).toEqual([0, 16]);
      const tuned = await other.run('pets.yaml', '--set', 'stages.freeze.layers={until: top_conv}', ...set);
      expect(tuned.code).toBe(2);
      const problem = expect.objectContaining({
        code: 'wasm-trains-no-convolutions',
        remedy: expect.stringMatching(/^use `engine: onnx`/),
      });
      expect(tuned.events).toContainEqual(expect.objectContaining({ event: 'problem', problem }));
      await other.remove();
    },
  );
});

/** What a plan says of delivered files, and what runs at the same time remember of them, by one stage that puts a text out. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../../../src/config/load.js';
import { digestOf } from '../../../src/core/digest.js';
import { stageKinds } from '../../../src/core/schema-types.js';
import type { DeliveryContext, StageContext } from '../../../src/core/stage.js';
import { execute } from '../../../src/runner/execute.js';
import type { StageTable } from '../../../src/runner/graph.js';
import { plan } from '../../../src/runner/plan.js';
import { openSession, type Session } from '../../../src/runner/session.js';
import { openStore } from '../../../src/store/store.js';

const file = `version: 1
stages:
  ingest: {source: out}
  load-base: {architecture: vgg16, weights: random}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-delivered-'));
  await writeFile(join(folder, 'p.yaml'), file);
});
afterEach(() => rm(folder, { recursive: true }));

/** The stage ingest delivers `text` into the folder that its `source` names, which is in no key. */
function table(text: string): StageTable {
  const entries = stageKinds.map((kind) => {
    const run = async ({ putJson }: StageContext): Promise<void> => void (await putJson('model', { text }));
    const delivering = {
      relevant: () => ({}),
      writesTo: ({ source }: { source: string }) => [source],
      deliver: async ({ config, resolvePath, deliverFiles }: DeliveryContext<'ingest'>) =>
        void (await deliverFiles(
          resolvePath(String(config.source)),
          new Map([
            ['a.txt', text],
            ['b.txt', 'the same'],
          ]),
        )),
    };
    return [
      kind,
      { kind, impl: 1, reads: {}, environment: () => ({ text }), run, ...(kind === 'ingest' && delivering) },
    ];
  });
  return Object.fromEntries(entries) as StageTable;
}

async function open(text = 'one', to = 'out'): Promise<Session> {
  const pipeline = await loadPipeline('p.yaml', { cwd: folder, set: [`stages.ingest.source=${to}`] });
  return openSession(
    pipeline,
    table(text),
    (root) => openStore(root, { onDamage: () => undefined, tool: 'test' }),
    () => undefined,
  );
}

async function run(session: Promise<Session> | Session = open()) {
  const opened = await session;
  const all = new Set(opened.graph.byName.keys());
  const result = await execute(opened, {
    selected: all,
    forced: new Set(),
    jobs: 1,
    signal: new AbortController().signal,
  });
  return [result.stages[0].state, ...result.failures.map(({ category }) => category)];
}

async function planned(session = open()): Promise<string> {
  const [{ decision }] = await plan(await session);
  return `${decision.state}: ${decision.reason}`;
}

const path = (name: string) => join(folder, 'out', name);

test('delivered files that are gone are to be brought back, and are', async () => {
  await run();
  expect(await planned()).toBe('fresh: nothing changed');
  await rm(path('a.txt'));
  expect(await planned()).toBe('restorable: out/a.txt is gone');
  await rm(path('b.txt'));
  expect(await planned()).toBe('restorable: out/a.txt and 1 more of its files are gone');
  expect(await run()).toEqual(['restored']);
  expect(await readFile(path('a.txt'), 'utf8')).toBe('one');
  expect([await planned(), await run()]).toEqual(['fresh: nothing changed', ['fresh']]);
});

test('a file that a person changed is reported, because the run refuses it; a new time alone is not a change', async () => {
  await run();
  await utimes(path('a.txt'), 1, 1);
  expect(await planned()).toBe('fresh: nothing changed');
  await writeFile(path('a.txt'), 'two');
  expect(await planned()).toBe(
    'restorable: out/a.txt was changed since it was written; only --force ingest replaces it',
  );
  expect(await run()).toEqual(['failed', 'unsafe']);
  expect(await planned()).toBe(
    'restorable: out/a.txt was changed since it was written; only --force ingest replaces it',
  );
});

test('files that are asked for in another folder are to be delivered there, and the old ones are not missed', async () => {
  await run();
  expect(await planned(open('one', 'elsewhere'))).toBe('restorable: its files are not in elsewhere yet');
  expect(await run(open('one', 'elsewhere'))).toEqual(['restored']);
  await rm(join(folder, 'out'), { recursive: true });
  expect(await planned(open('one', 'elsewhere'))).toBe('fresh: nothing changed');
});

test('an interrupted delivery continues', async () => {
  await run();
  const { checkout } = await open();
  await checkout.set('ingest', { ...checkout.get('ingest')!, terms: digestOf('unfinished'), writing: { out: [] } });
  expect(await planned()).toBe('restorable: its files were not written completely');
  expect([await run(), await planned()]).toEqual([['restored'], 'fresh: nothing changed']);
});

test('a run remembers what another has delivered, in its own stages and in others', async () => {
  await run();
  const [long, elsewhere] = [await open('three'), await open('one', 'elsewhere')];
  expect(await run(open('two'))).toEqual(['ran']);
  // It delivers over files that were not there yet when it was opened.
  expect(await run(long)).toEqual(['ran']);
  expect(await readFile(path('a.txt'), 'utf8')).toBe('three');
  // It writes the memory for a folder of its own, and keeps what the others wrote into theirs.
  await run(elsewhere);
  expect(await run(open('four'))).toEqual(['ran']);
  expect(await readFile(path('a.txt'), 'utf8')).toBe('four');
});

test('runs at once that remember other stages each add theirs', async () => {
  await run();
  const memory = (await open()).checkout.get('load-base')!;
  const [one, two] = [(await open()).checkout, (await open()).checkout];
  await Promise.all([one.set('a', memory), two.set('b', memory), one.set('c', memory)]);
  const { checkout } = await open();
  expect(['load-base', 'a', 'b', 'c'].map((name) => checkout.get(name))).toEqual([memory, memory, memory, memory]);
});

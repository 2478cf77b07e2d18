import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent, StageState } from '../../../src/core/event.js';
import { LastingLog } from '../../../src/runner/runs/lasting-log.js';

let folder: string;
let log: LastingLog;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-log-'));
  log = new LastingLog([folder, { name: 'pets', file: '/project/pets.yaml' }, 'info', () => undefined]);
});
afterEach(() => rm(folder, { recursive: true }));

const stage = (name: string, state: StageState): RunEvent => ({
  event: 'stage',
  ...{ name, kind: name, state, reason: '', durationMs: 1 },
});
const end: RunEvent = { event: 'run', state: 'ok', durationMs: 1, stages: [], metrics: {} };

test('a run that has nothing to do leaves no log', async () => {
  for (const event of [stage('ingest', 'fresh'), stage('train', 'fresh'), end]) log.listen(event);
  await log.end();
  expect(await readdir(folder)).toEqual([]);
});

test('if something happens, the log contains what was before, in order', async () => {
  log.listen(stage('ingest', 'fresh'));
  log.listen({ event: 'stage-start', name: 'train', kind: 'train', reason: 'first run' });
  log.listen(stage('train', 'ran'));
  await log.end();
  log.listen(end);
  const lines = (await readFile(join(folder, 'log.ndjson'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'run started',
    'stage',
    'stage-start',
    'stage',
    'run',
  ]);
});

test('a folder that is gone costs no run and is not mentioned, another failure is', async () => {
  const failures: Error[] = [];
  const logIn = (place: string) =>
    new LastingLog([place, { name: 'pets', file: '/project/pets.yaml' }, 'info', (error) => failures.push(error)]);
  for (const place of [join(folder, 'gone'), join(folder, 'file', 'below')]) {
    await writeFile(join(folder, 'file'), '');
    const other = logIn(place);
    other.listen({ event: 'stage-start', name: 'train', kind: 'train', reason: 'first run' });
    await other.end();
    other.listen(end);
  }
  expect(failures).toMatchObject([{ code: 'ENOTDIR' }]);
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLog } from '../../../src/runner/runs/log.js';
import type { RunEvent } from '../../../src/core/event.js';

const pipeline = { name: 'pets', file: '/project/pets.yaml' };
const note: RunEvent = { event: 'note', code: 'some', text: 'something' };

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'pipeline-log-'))));
afterEach(() => rm(folder, { recursive: true }));

test('holds the events of its level and above', async () => {
  const log = runLog(folder, pipeline, 'info', () => undefined);
  log(note);
  log({ event: 'progress', stage: 'train', task: 'train', unit: 'pictures', done: 1 });
  const lines = (await readFile(join(folder, 'log.ndjson'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([
    { level: 30, time: expect.any(String), pipeline: 'pets', file: '/project/pets.yaml', msg: 'run started' },
    { level: 30, time: expect.any(String), ...note, msg: 'note' },
  ]);
});

const onFullDisk = existsSync('/dev/full') ? test : test.skip;

onFullDisk('on a full disk it ends, and that is reported once (skipped without /dev/full)', async () => {
  await symlink('/dev/full', join(folder, 'log.ndjson'));
  const failures: Error[] = [];
  const log = runLog(folder, pipeline, 'info', (error) => failures.push(error));
  log(note);
  log(note);
  expect(failures.map(({ message }) => message)).toEqual(['ENOSPC: no space left on device, write']);
});

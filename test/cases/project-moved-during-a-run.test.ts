/** A project whose folder is renamed, removed or replaced while a run is going: the run stops, and the old folder does not come back. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, renameSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { RunEvent } from '../../src/core/event.js';
import { load, run as runPipeline } from '../../src/index.js';
import { pipelineText, Project, type Stopped } from '../e2e/rig.js';

let project: Project;
let moved: string;
beforeEach(async () => {
  project = await Project.create();
  moved = `${project.root}-moved`;
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 100000' }));
});
afterEach(async () => {
  await project.remove();
  await rm(moved, { recursive: true, force: true });
});

const begins = (name: string) => (event: RunEvent) => event.event === 'stage-start' && event.name === name;
const atEpoch = (event: RunEvent) => event.event === 'epoch' && event.epoch === 2;
const atEnd = (event: RunEvent) => event.event === 'stage' && event.name === 'export';
const short = ['--set', 'stages.train.epochs=40'];
const remove = () => rm(project.root, { recursive: true, force: true, maxRetries: 5 });

const isMoved = 'the project folder was moved or removed during the run, so nothing more is written';

/** `parts`: whether the folder goes file by file, so that the run may notice while the folder itself is still there. */
function expectStopped({ code, stderr, events }: Stopped, parts = false): void {
  if (!parts || stderr.includes(isMoved)) {
    expect(stderr).toContain(isMoved);
    expect(stderr).toContain('run again from its new location');
  } else {
    expect(stderr).toContain('was removed while it was written: something else removes files in the cache');
  }
  expect(stderr).not.toMatch(/ENOENT|no such file/);
  expect(code).toBe(5);
  expect(events.at(-1)).toMatchObject({ event: 'run', state: 'failed' });
}

test.each([
  ['renamed at the start of a stage', begins('load-base'), () => rename(project.root, moved)],
  ['removed at the start of a stage', begins('load-base'), remove],
  ['renamed in the middle of training', atEpoch, () => rename(project.root, moved)],
  ['removed in the middle of training', atEpoch, remove],
])('%s', async (_name, fits, act) => {
  const run = await project.runDoing(fits, act, 'pets.yaml', ...(fits === atEpoch ? short : []));
  expectStopped(run, act === remove);
  expect(existsSync(project.root)).toBe(false);
});

test('renamed after the last stage: the run fails, or its record moved along', async () => {
  const run = await project.runDoing(atEnd, () => rename(project.root, moved), 'pets.yaml', ...short);
  expect(existsSync(project.root)).toBe(false);
  if (run.code !== 0) {
    expect(run.code).toBe(5);
    expect(run.stderr).toContain('the project folder was moved or removed during the run');
    return;
  }
  // Our process was slow: the run had ended before the folder was renamed.
  expect(run.stderr).not.toContain('cannot write the record');
  const [id] = await readdir(`${moved}/.pipeline/runs`);
  expect(JSON.parse(await readFile(`${moved}/.pipeline/runs/${id}/run.json`, 'utf8'))).toMatchObject({ state: 'ok' });
});

test('renamed at the very event of the last stage: the run has failed', async () => {
  const events: RunEvent[] = [];
  const pipeline = await load('pets.yaml', { cwd: project.root, set: ['stages.train.epochs=2'] });
  const { state, failures } = await runPipeline(pipeline, {
    onEvent: (event) => {
      events.push(event);
      if (atEnd(event)) renameSync(project.root, moved);
    },
  });
  expect([state, failures.map(({ category }) => category)]).toEqual(['failed', ['input-output']]);
  expect(events.at(-1)).toMatchObject({ event: 'run', state: 'failed' });
  expect(existsSync(project.root)).toBe(false);
});

test('replaced by a copy: nothing is written into the copy, and a run there continues', async () => {
  const run = await project.runDoing(begins('load-base'), async () => {
    await rename(project.root, moved);
    await mkdir(project.root);
    await cp(`${moved}/pictures`, project.path('pictures'), { recursive: true });
    await cp(`${moved}/pets.yaml`, project.path('pets.yaml'));
  });
  expectStopped(run);
  expect((await readdir(project.root)).sort()).toEqual(['pets.yaml', 'pictures']);
  const again = await project.run('pets.yaml', '--set', 'stages.train.epochs=1');
  expect([again.code, again.state]).toEqual([0, 'ok']);
});

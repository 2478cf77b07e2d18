/** The commands on a device: a whole run, one that is interrupted, one with nothing to do, and predictions. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { PrintedEvent } from '../../src/commands/event-stream.js';
import type { PredictionLine } from '../../src/core/prediction.js';
import { prepareOnOnnx } from '../e2e/onnx-model.js';
import { Project, type RunOutcome } from '../e2e/rig.js';
import { found, namedDevice } from './named-device.js';

const onDevice = ['--device', namedDevice(), '--set', 'stages.train.epochs=30'];
const projects: Project[] = [];
beforeAll(async () => {
  for (let i = 0; i < 2; i++) {
    projects.push(await Project.create());
    await prepareOnOnnx(projects[i]);
  }
});
afterAll(() => Promise.all(projects.map((project) => project.remove())));

const notesOf = ({ events }: RunOutcome): string[] =>
  events.flatMap((event) => (event.event === 'note' ? event.code : []));

const modelOf = (project: Project): Promise<Buffer> => readFile(project.path('models/pets/model.onnx'));

test('a run, and one with nothing to do', async () => {
  const [project] = projects;
  const run = await project.run('pets.yaml', ...onDevice);
  expect([run.state, run.code]).toEqual(['ok', 0]);
  const again = await project.run('pets.yaml', ...onDevice);
  expect(again.named('fresh')).toHaveLength(again.stages.length);
  found('a second run has nothing to do', true);
  const explained = await project.command('explain', 'pets.yaml', 'train', '--json', ...onDevice);
  const { preimage } = JSON.parse(explained.stdout) as { preimage: { environment: { engine: { backend: string } } } };
  expect(preimage.environment.engine.backend).toMatch(new RegExp(`^${namedDevice()}:.`));
});

test('an interrupted run continues, and ends in the same bytes if the device repeats itself', async () => {
  const [whole, project] = projects;
  const isEarly = (event: PrintedEvent): boolean => event.event === 'epoch' && event.epoch === 2;
  const stopped = await project.runUntil(isEarly, 'SIGINT', 'pets.yaml', ...onDevice);
  expect(stopped.code).toBe(130);
  const resumed = await project.run('pets.yaml', ...onDevice);
  expect([resumed.state, resumed.code]).toEqual(['ok', 0]);
  expect(notesOf(resumed)).toContain('resumed');
  const isSame = (await modelOf(project)).equals(await modelOf(whole));
  found('an interrupted run: the same model', isSame);
  if (!notesOf(resumed).includes('device-not-repeatable')) expect(isSame).toBe(true);
});

test('predictions are those of the processor', async () => {
  const [project] = projects;
  const scores: number[][] = [];
  for (const device of [namedDevice(), 'cpu']) {
    const { stdout } = await project.command('predict', 'models/pets', 'pictures', '--json', '--device', device);
    const lines = stdout.trim().split('\n');
    scores.push(lines.flatMap((line) => Object.values((JSON.parse(line) as PredictionLine).scores)));
  }
  const [here, expected] = scores;
  expect([here.length, expected.length]).toEqual([24, 24]);
  const difference = Math.max(...expected.map((score, i) => Math.abs(score - here[i])));
  found('predict: largest difference of a score', difference);
  expect(difference).toBeLessThan(1e-3);
});

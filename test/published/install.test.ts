/** npm leaves no onnxruntime-node, whose install script needs more than the registry, and still the fast engine. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { Journey, platform } from './installed.js';

let journey: Journey;
beforeAll(async () => {
  journey = await Journey.begin();
}, 300_000);
afterAll(() => journey?.end());

test('npm install ends with the fast engine, and the first command trains a model', async () => {
  const installed = await readdir(journey.path('node_modules'));
  const runtime = `transfer-pipeline-onnxruntime-${platform}`;
  expect(installed).toEqual(expect.arrayContaining(['transfer-pipeline', runtime, 'onnxruntime-common']));
  expect(installed).not.toContain('onnxruntime-node');

  const doctor = await journey.pipeline('doctor');
  expect(doctor.stdout).toMatch(/onnx/);
  const init = await journey.pipeline('init');
  expect(init.stderr).toContain('next: npx pipeline run pets.yaml\n');
  expect(await readFile(journey.path('pets.yaml'), 'utf8')).toMatch(
    /^# yaml-language-server: \$schema=node_modules\/transfer-pipeline\/schemas\/pipeline\.schema\.json$/m,
  );
  const run = await journey.pipeline('run', 'pets.yaml');
  expect(run.stderr).toMatch(/validation images are right/);
  expect(run.stderr).toMatch(/details: npx pipeline report pets\.yaml/);
  expect(run.stderr).not.toContain('the engine is tfjs');
}, 240_000);

/** The forms of `engine`, and what `--engine` and `--device` set. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../src/core/problem.js';
import { loadChecked, type PipelineOptions } from '../../src/runner/open.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-device-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(engine: string, options: PipelineOptions = {}) {
  await writeFile(join(folder, 'p.yaml'), `version: 1\n${engine}\nstages:\n  load-base: {architecture: compact32}\n`);
  return loadChecked('p.yaml', options, folder);
}

const cpu = { name: 'cpu', fallback: true };

test.each([
  ['', 'auto', cpu],
  ['engine: onnx', 'onnx', cpu],
  ['engine: {device: webgpu}', 'auto', { name: 'webgpu', fallback: true }],
  ['engine: {name: onnx, device: cuda, fallback: false}', 'onnx', { name: 'cuda', fallback: false }],
])('%s', async (text, engine, device) => {
  expect(await load(text)).toMatchObject({ engine, device });
});

test('the options of the command line change one of the two each', async () => {
  const written = 'engine: {name: onnx, device: auto, fallback: false}';
  expect(await load(written, { device: 'webgpu' })).toMatchObject({
    engine: 'onnx',
    device: { name: 'webgpu', fallback: false },
  });
  expect(await load('engine: onnx', { device: 'auto' })).toMatchObject({ engine: 'onnx', device: { name: 'auto' } });
  expect(await load('engine: onnx', { engine: 'tfjs' })).toMatchObject({ engine: 'tfjs', device: cpu });
});

test.each([
  ['engine: tfjs', { device: 'webgpu' }, 'device-needs-onnx', /does not apply to the engine tfjs/],
  ['engine: {name: onnx, device: gpu}', {}, undefined, /`engine.device`|gpu/],
  ['engine: {name: onnx, gpu: true}', {}, 'unknown-field', /unknown field `gpu`/],
  ['engine: onxx', {}, undefined, /onxx/],
])('%s is refused', async (text, options, code, found) => {
  const error = await load(text, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof PipelineError)) throw new Error('accepted');
  expect(error.category).toBe('invalid');
  expect(error.problems).toHaveLength(1);
  expect(error.problems[0].found).toMatch(found);
  if (code !== undefined) expect(error.problems[0].code).toBe(code);
});

/**
 * The published packages, installed by npm in an empty folder with scripts allowed: no onnxruntime-node, whose install
 * script needs more than the registry, and still the fast engine.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { registryOf, type Registry } from './registry.js';

const call = promisify(execFile);
const platform = `${process.platform}-${process.arch}`;
const runtime = `transfer-pipeline-onnxruntime-${platform}`;

let scratch: string;
let registry: Registry;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pipeline-published-'));
  const packed = join(scratch, 'packed');
  await mkdir(packed);
  await call(process.execPath, ['scripts/release.mjs', '--to', packed, '--platform', platform]);
  registry = await registryOf(packed);
  const { NODE_OPTIONS: _options, CI: _ci, ...rest } = process.env;
  env = {
    ...rest,
    npm_config_registry: registry.url,
    npm_config_ignore_scripts: 'false',
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
  };
}, 240_000);
afterAll(async () => {
  registry?.close();
  await rm(scratch, { recursive: true, force: true });
});

test('npm install ends with the fast engine, and the first command trains a model', async () => {
  const project = join(scratch, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"private": true}');
  await call('npm', ['install', 'transfer-pipeline'], { cwd: project, env });
  const installed = await readdir(join(project, 'node_modules'));
  expect(installed).toEqual(expect.arrayContaining(['transfer-pipeline', runtime, 'onnxruntime-common']));
  expect(installed).not.toContain('onnxruntime-node');

  const doctor = await call('npx', ['pipeline', 'doctor'], { cwd: project, env });
  expect(doctor.stdout).toMatch(/onnx/);
  const init = await call('npx', ['pipeline', 'init'], { cwd: project, env });
  expect(init.stderr).toContain('next: npx pipeline run pets.yaml\n');
  expect(await readFile(join(project, 'pets.yaml'), 'utf8')).toMatch(
    /^# yaml-language-server: \$schema=node_modules\/transfer-pipeline\/schemas\/pipeline\.schema\.json$/m,
  );
  const run = await call('npx', ['pipeline', 'run', 'pets.yaml'], { cwd: project, env });
  expect(run.stderr).toMatch(/validation images are right/);
  expect(run.stderr).toMatch(/details: npx pipeline report pets\.yaml/);
  expect(run.stderr).not.toContain('the engine is tfjs');
}, 240_000);

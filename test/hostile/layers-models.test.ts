/** Layers-models whose shards, shapes or JSON are made to hurt, met through the command. */
import { afterEach, beforeEach, test } from '@jest/globals';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../e2e/rig.js';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

type Model = {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
  modelTopology: unknown;
};

async function refusesModel(
  bend: (model: Model) => void,
  words: RegExp,
  { weights, code = 3 }: { weights?: (bytes: Buffer) => Buffer; code?: number } = {},
): Promise<void> {
  await cp(join(repository, 'examples/base'), sandbox.path('base'), { recursive: true });
  const model = JSON.parse(await readFile(sandbox.path('base/model.json'), 'utf8')) as Model;
  bend(model);
  await sandbox.write('project/base/model.json', JSON.stringify(model));
  if (weights !== undefined)
    await sandbox.write(
      'project/base/group1-shard1of1.bin',
      weights(await readFile(sandbox.path('base/group1-shard1of1.bin'))),
    );
  const set = ['--set', 'stages.load-base={architecture: layers_model, preprocessing: tf, weights: base/model.json}'];
  await sandbox.refuses(code, words, 'load-base', ...set);
  await rm(sandbox.path('base'), { recursive: true });
}
const asIs = () => undefined;

test('a layers-model whose shards lie elsewhere', async () => {
  for (const path of [
    '../../outside/secret.txt',
    '/etc/passwd',
    'a/../../x.bin',
    'file:///etc/passwd',
    'http://127.0.0.1/x.bin',
  ]) {
    await refusesModel(({ weightsManifest: [group] }) => (group.paths = [path]), /model\.json/, { code: 4 });
  }
});

test('a layers-model with a shard too few, a size too large, a shape that explodes, a type that is none', async () => {
  await refusesModel(({ weightsManifest: [group] }) => group.paths.push('more.bin'), /more\.bin/);
  await refusesModel(({ weightsManifest: [group] }) => (group.weights[0].shape = [65536, 65536, 65536]), /bytes|shape/);
  await refusesModel(({ weightsManifest: [group] }) => (group.weights[0].shape = [-1, 3]), /shape/);
  await refusesModel(({ weightsManifest: [group] }) => (group.weights[0].dtype = 'complex64'), /complex64/);
  await refusesModel(asIs, /bytes/, { weights: (bytes) => bytes.subarray(0, bytes.length - 2) });
});

test('a layers-model with weights that are not numbers', async () => {
  // Halves: 0x7e00 is NaN.
  const weights = (bytes: Buffer): Buffer => {
    const bent = Buffer.from(bytes);
    bent.writeUInt16LE(0x7e00, 1000);
    return bent;
  };
  await refusesModel(asIs, /contain NaN or infinity/, { weights });
});

test('a layers-model that is nested beyond reason, or is not JSON', async () => {
  await cp(join(repository, 'examples/base'), sandbox.path('base'), { recursive: true });
  for (const text of [
    `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    '{',
    '',
    'null',
    '{"modelTopology": {"__proto__": 1}}',
  ]) {
    await sandbox.write('project/base/model.json', text);
    await sandbox.refuses(
      3,
      /model\.json/,
      'load-base',
      '--set',
      'stages.load-base={architecture: layers_model, preprocessing: tf, weights: base/model.json}',
    );
  }
});

/** What load-base and build-head will refuse is known from the files alone: a plan says it, with the exit code of the run. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import type { Graph, Layer } from '../../src/model/graph.js';
import { writeLayersModel } from '../../src/model/layers-model/write.js';
import type { Project } from '../e2e/rig.js';
import { madeUpWeights } from '../model/graphs.js';
import { projectWithBase } from './with-base.js';

let project: Project;
beforeEach(async () => {
  project = await projectWithBase('{architecture: layers_model, weights: base, preprocessing: tf}');
});
afterEach(() => project.remove());

const input = (height: number | null, width: number | null, channels: number): Layer => ({
  kind: 'input',
  name: 'image',
  inputs: [],
  trainable: true,
  shape: [height, width, channels],
});
const conv: Layer = {
  kind: 'conv2d',
  name: 'conv',
  inputs: ['image'],
  trainable: true,
  filters: 4,
  kernelSize: [3, 3],
  strides: [2, 2],
  dilation: [1, 1],
  padding: 'same',
  useBias: true,
  activation: 'relu',
};
const dense = (name: string, from: string): Layer => ({
  kind: 'dense',
  name,
  inputs: [from],
  trainable: true,
  units: 4,
  useBias: true,
  activation: 'linear',
});

async function writeBase(...layers: Layer[]): Promise<void> {
  const graph: Graph = { name: 'own', layers };
  await mkdir(project.path('base'));
  for (const [name, bytes] of writeLayersModel(graph, madeUpWeights(graph, 3), { generatedBy: 'test' }).files)
    await writeFile(project.path('base', name), bytes);
}

/** The problem as plan, dry run and run print it, without where they found it; all with the same exit code. */
async function refusal(code: number): Promise<string> {
  const texts: string[] = [];
  for (const args of [['plan'], ['run', '--dry-run'], ['run']]) {
    const { stderr, ...outcome } = await project.command(args[0], 't.yaml', ...args.slice(1));
    expect([args, outcome.code]).toEqual([args, code]);
    texts.push(/^t\.yaml:\d+:\d+: .*$/m.exec(stderr)![0]);
    if (args[0] === 'plan') expect(await readdir(project.path('.pipeline'))).not.toContain('runs');
  }
  expect(new Set(texts).size).toBe(1);
  return texts[0];
}

test('a base of gray images', async () => {
  await writeBase(input(32, 32, 1), conv);
  expect(await refusal(2)).toMatch(/takes images with 1 channel \(layer image: 32 x 32 x 1\)/);
});

test('a base of another size whose weights depend on it, at the line of `size`', async () => {
  // Flattened beside a pool, so that no layer ends the maps on every path.
  await writeBase(
    input(24, 24, 3),
    conv,
    { kind: 'flatten', name: 'flat', inputs: ['conv'], trainable: true },
    { kind: 'global_average_pooling2d', name: 'pool', inputs: ['conv'], trainable: true },
    dense('left', 'flat'),
    dense('right', 'pool'),
    { kind: 'add', name: 'both', inputs: ['left', 'right'], trainable: true },
  );
  await project.write('t.yaml', (await project.read('t.yaml')).replace('- global_average_pooling\n      ', ''));
  const text = await refusal(2);
  expect(text).toContain('the base takes only images of 24x24, but they are resized to 32x32');
  const line = Number(/:(\d+):/.exec(text)![1]);
  expect((await project.read('t.yaml')).split('\n')[line - 1]).toContain('image: {size: [32, 32]}');
  await project.write('t.yaml', (await project.read('t.yaml')).replace('size: [32, 32]', 'size: [24, 24]'));
  expect(await project.command('run', 't.yaml')).toMatchObject({ code: 0 });
}, 60_000);

test('a base of another size that runs at any is used, and that is reported once', async () => {
  await writeBase(input(24, 24, 3), conv);
  const { code, stderr, stdout } = await project.command('run', 't.yaml');
  expect(code).toBe(0);
  expect((stdout + stderr).match(/the base layers_model was made for images of 24x24 and runs at 32x32/g)).toHaveLength(
    1,
  );
}, 60_000);

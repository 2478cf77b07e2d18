/** Exported models as they are read back: what is in the folder is checked before it is believed. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { PipelineError } from '../../src/core/problem.js';
import { readBundle } from '../../src/model/bundle.js';
import type { Activation, Graph } from '../../src/model/graph.js';
import { writeLayersModel } from '../../src/model/layers-model/write.js';
import type { Weights } from '../../src/model/tensor.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
});
afterEach(() => rm(folder, { recursive: true }));

const image = { size: [4, 6], interpolation: 'nearest', orientation: 'exif' };
const preprocessing = { kind: 'mode', mode: 'tf' };

/** A network that flattens images of 4 x 6 pixels into `units` scores. */
function network(units: number, activation: Activation): { graph: Graph; weights: Weights } {
  const graph: Graph = {
    name: 'small',
    layers: [
      { kind: 'input', name: 'picture', inputs: [], trainable: false, shape: [4, 6, 3] },
      { kind: 'flatten', name: 'flat', inputs: ['picture'], trainable: false },
      { kind: 'dense', name: 'scores', inputs: ['flat'], trainable: true, units, useBias: false, activation },
    ],
  };
  const weights = new Map([['scores/kernel', { shape: [72, units], data: new Float32Array(72 * units).fill(0.5) }]]);
  return { graph, weights };
}

async function written(
  { graph, weights }: { graph: Graph; weights: Weights },
  texts: Record<string, unknown> = {},
  userDefinedMetadata?: Record<string, unknown>,
): Promise<void> {
  const { files } = writeLayersModel(graph, weights, { generatedBy: 'test', userDefinedMetadata });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  const lists = { 'classes.json': ['cat', 'dog'], 'preprocessing.json': { image, preprocessing }, ...texts };
  for (const [name, value] of Object.entries(lists))
    await writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
}

/** `category where: found; expected`, with the folder's path left out. */
async function refusal(path = folder): Promise<string> {
  try {
    await readBundle(path);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const [{ where = '', found, expected }] = error.problems;
    return `${error.category} ${where.replace(folder, '.')}: ${found}; ${expected}`;
  }
  return 'accepted';
}

test('a bundle is the network at its size, its classes and how images are prepared', async () => {
  await written(network(1, 'sigmoid'));
  const bundle = await readBundle(folder);
  expect(bundle).toMatchObject({ format: 'layers-model', folder, classes: ['cat', 'dog'], image, preprocessing });
  expect([...bundle.files.keys()].sort()).toEqual([
    'classes.json',
    'group1-shard1of1.bin',
    'model.json',
    'preprocessing.json',
  ]);
  for (const [name, digest] of bundle.files) expect(digest).toBe(digestOf(await readFile(join(folder, name))));
  expect(bundle.graph.layers[0]).toMatchObject({ shape: [4, 6, 3] });
  expect(bundle.weights.get('scores/kernel')!.shape).toEqual([72, 1]);
  expect(await readBundle(join(folder, 'model.json'))).toEqual(bundle);
});

test.each([
  ['a softmax of as many units as classes', 2, 'softmax', ['a', 'b']],
  ['a softmax for three classes', 3, 'softmax', ['a', 'b', 'c']],
] as const)('%s is accepted', async (_what, units, activation, classes) => {
  await written(network(units, activation), { 'classes.json': classes });
  expect(await refusal()).toBe('accepted');
});

test.each([
  [
    'more classes than outputs',
    1,
    'sigmoid',
    ['a', 'b', 'c'],
    '[1] with sigmoid; 3 softmax units, for the classes in classes.json',
  ],
  [
    'fewer classes than outputs',
    3,
    'softmax',
    ['a', 'b'],
    '[3] with softmax; 1 sigmoid unit or 2 softmax units, for the classes in classes.json',
  ],
  [
    'outputs that are not scores',
    2,
    'linear',
    ['a', 'b'],
    '[2] with linear; 1 sigmoid unit or 2 softmax units, for the classes in classes.json',
  ],
] as const)('%s are refused', async (_what, units, activation, classes, message) => {
  await written(network(units, activation), { 'classes.json': classes });
  expect(await refusal()).toBe(`bad-data ./model.json: the network ends in ${message}`);
});

const preparing = (change: object) => ({ 'preprocessing.json': { image: { ...image, ...change }, preprocessing } });

test.each([
  [{ 'classes.json': '["cat", ' }, /^bad-data \.\/classes\.json: is not JSON, or is damaged or cut off/],
  [
    { 'classes.json': ['cat'] },
    /^bad-data \.\/classes\.json: the classes are \["cat"\]; a list of the names of two or more classes/,
  ],
  [{ 'classes.json': ['cat', 'cat'] }, /classes\.json: the classes are \["cat","cat"\]/],
  [{ 'classes.json': ['cat', 7] }, /classes\.json: the classes are \["cat",7\]/],
  [{ 'classes.json': { 0: 'cat', 1: 'dog', length: 2 } }, /classes\.json: the task is missing/],
  [{ 'preprocessing.json': null }, /preprocessing\.json: image is missing/],
  [preparing({ size: [4, 0] }), /image\.size is \[4,0\]; \[height, width\]/],
  [preparing({ size: [100000, 100000] }), /image\.size is \[100000,100000\]/],
  [preparing({ size: [5, 6] }), /^bad-data \.\/model\.json: the network takes \[4,6,3\]; images of \[5,6,3\]/],
  [preparing({ interpolation: 'best' }), /image\.interpolation is "best"; nearest, bilinear, bicubic, lanczos/],
  [preparing({ orientation: 'constructor' }), /image\.orientation is "constructor"/],
  [
    { 'preprocessing.json': { image, preprocessing: { kind: 'mode', mode: 'vgg' } } },
    /preprocessing\.mode is "vgg"; tf, caffe, torch, none/,
  ],
  [
    { 'preprocessing.json': { image, preprocessing: { kind: 'rescale', factor: '1/255' } } },
    /preprocessing is \{"kind":"rescale","factor":"1\/255"\}/,
  ],
])('%j is refused', async (texts, message) => {
  await written(network(1, 'sigmoid'), texts);
  expect(await refusal()).toMatch(message);
});

test('a list with thresholds is of a network with a sigmoid unit per class', async () => {
  const several = { task: 'multilabel', classes: ['cat', 'dog'], thresholds: [0.25, 0.5] };
  await written(network(2, 'sigmoid'), { 'classes.json': several });
  expect(await readBundle(folder)).toMatchObject({ classes: ['cat', 'dog'], thresholds: [0.25, 0.5] });
  await written(network(2, 'softmax'), { 'classes.json': several });
  expect(await refusal()).toBe(
    'bad-data ./model.json: the network ends in [2] with softmax; 2 sigmoid units, one per class, for the classes in classes.json',
  );
  await written(network(2, 'sigmoid'), { 'classes.json': { ...several, thresholds: [0.25, 2] } });
  expect(await refusal()).toBe(
    'bad-data ./classes.json: the thresholds are [0.25,2]; a list of 2 numbers from 0 to 1, one per class',
  );
  // Without thresholds, programs would choose the highest score.
  await written(network(2, 'sigmoid'), {});
  expect(await refusal()).toContain('1 sigmoid unit or 2 softmax units');
  await written(
    network(2, 'sigmoid'),
    { 'classes.json': several },
    { classes: ['cat', 'dog'], thresholds: [0.5, 0.5] },
  );
  expect(await refusal()).toContain('contains [0.25,0.5], but model.json in the same folder [0.5,0.5]');
});

test('lists that are not those of the network are refused: another order of classes would swap all answers', async () => {
  const metadata = { classes: ['cat', 'dog'], image, preprocessing };
  await written(network(1, 'sigmoid'), {}, metadata);
  expect(await refusal()).toBe('accepted');
  await written(network(1, 'sigmoid'), { 'classes.json': ['dog', 'cat'] }, metadata);
  expect(await refusal()).toBe(
    'bad-data ./classes.json: contains ["dog","cat"], but model.json in the same folder ["cat","dog"]; the same value in both',
  );
  await written(
    network(1, 'sigmoid'),
    { 'preprocessing.json': { image, preprocessing: { kind: 'mode', mode: 'caffe' } } },
    metadata,
  );
  expect(await refusal()).toMatch(
    /preprocessing\.json: contains .*"caffe".*, but model\.json in the same folder .*"tf"/,
  );
  await written(network(1, 'sigmoid'), preparing({ interpolation: 'bicubic' }), metadata);
  expect(await refusal()).toMatch(/preprocessing\.json: contains /);
});

test('weights that were changed since are refused', async () => {
  await written(network(1, 'sigmoid'));
  const file = join(folder, 'group1-shard1of1.bin');
  const bytes = await readFile(file);
  bytes[7] ^= 0x80;
  await writeFile(file, bytes);
  expect(await refusal()).toMatch(
    /^bad-data \.\/group1-shard1of1\.bin: changed or was damaged after the model was written/,
  );
});

test('what is missing, cut short or elsewhere is reported by its name', async () => {
  expect(await refusal(join(folder, 'none'))).toMatch(
    /^invalid \.\/none: does not exist; the folder of an exported model/,
  );
  expect(await refusal()).toMatch(
    /^invalid .*: is an empty folder, not an exported model; the folder of an exported model/,
  );
  await writeFile(join(folder, 'base.keras'), 'PK\x03\x04');
  expect(await refusal()).toMatch(/is a folder that contains base\.keras, not an exported model/);
  expect(await refusal(join(folder, 'base.keras'))).toMatch(
    /^invalid \.\/base\.keras: is a zip, as \.keras files are, not an exported model/,
  );
  await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology: {}, weightsManifest: [] }));
  expect(await refusal()).toMatch(/is a TF\.js layers-model without the classes\.json/);
  await writeFile(join(folder, 'metadata.json'), '{}');
  expect(await refusal(join(folder, 'model.json'))).toMatch(/is a model of Teachable Machine, not an exported model/);
  await writeFile(join(folder, 'model.json'), JSON.stringify({ format: 'graph-model' }));
  expect(await refusal()).toMatch(/is a TF\.js graph-model, which has operations but no layers, not an exported model/);
  await writeFile(join(folder, 'preprocessing.json'), '{}');
  expect(await refusal()).toMatch(/^bad-data \.\/classes\.json: is missing: the folder is not an export of this tool/);
  await written(network(1, 'sigmoid'));
  expect(await refusal(join(folder, 'classes.json'))).toMatch(
    /^invalid \.\/classes\.json: is a JSON file, not an exported model/,
  );
  await truncate(join(folder, 'group1-shard1of1.bin'), 100);
  expect(await refusal()).toMatch(/have 100 bytes; 288 bytes/);
  await rm(join(folder, 'model.json'));
  expect(await refusal()).toMatch(/^bad-data \.\/model\.json: the file is missing/);
});

test('weights of another network are refused by the shape of what they lack', async () => {
  const { graph } = network(1, 'sigmoid');
  const { files } = writeLayersModel(graph, network(1, 'sigmoid').weights, { generatedBy: 'test' });
  await written(network(1, 'sigmoid'));
  const text = Buffer.from(files.get('model.json')!).toString('utf8');
  await writeFile(join(folder, 'model.json'), text.replace('"shape":[72,1]', '"shape":[36,2]'));
  expect(await refusal()).toMatch(
    /model\.json, scores\/kernel: the weight has the shape \[36, 2\]; the shape \[72, 1\]/,
  );
  await writeFile(join(folder, 'model.json'), text.replace('group1-shard1of1.bin', '../secret.bin'));
  expect(await refusal()).toMatch(/^unsafe .*"\.\.\/secret\.bin"/);
});

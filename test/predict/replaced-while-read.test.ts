/** A model that a run replaces while it is read: classes of one model and weights of the other would fit together. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '../../src/model/graph.js';
import { writeLayersModel } from '../../src/model/layers-model/write.js';

/** Models that replace the folder, one each time that its weights are opened. */
let replacements: string[] = [];
let root: string;
jest.unstable_mockModule('node:fs/promises', () => ({
  ...fs,
  open: async (path: string, ...rest: unknown[]) => {
    const next = path.endsWith('.bin') ? replacements.shift() : undefined;
    if (next !== undefined) {
      await fs.rename(join(root, 'pets'), await fs.mkdtemp(join(root, 'old-')));
      await fs.rename(join(root, next), join(root, 'pets'));
    }
    return (fs.open as (...args: unknown[]) => Promise<fs.FileHandle>)(path, ...rest);
  },
}));
const { readModel } = await import('../../src/predict/network.js');

const image = { size: [4, 6], interpolation: 'nearest', orientation: 'exif' };
const preprocessing = { kind: 'mode', mode: 'tf' };
const graph: Graph = {
  name: 'small',
  layers: [
    { kind: 'input', name: 'image', inputs: [], trainable: false, shape: [4, 6, 3] },
    { kind: 'flatten', name: 'flat', inputs: ['image'], trainable: false },
    {
      kind: 'dense',
      name: 'scores',
      inputs: ['flat'],
      trainable: true,
      units: 1,
      useBias: false,
      activation: 'sigmoid',
    },
  ],
};

/** A model whose classes and weights say which one it is. */
async function addModel(name: string, value: number): Promise<void> {
  const weights = new Map([['scores/kernel', { shape: [72, 1], data: new Float32Array(72).fill(value) }]]);
  const { files } = writeLayersModel(graph, weights, { generatedBy: 'test' });
  await fs.mkdir(join(root, name));
  for (const [file, bytes] of files) await fs.writeFile(join(root, name, file), bytes);
  await fs.writeFile(join(root, name, 'classes.json'), JSON.stringify([`no ${value}`, `${value}`]));
  await fs.writeFile(join(root, name, 'preprocessing.json'), JSON.stringify({ image, preprocessing }));
}

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'replaced-'));
  for (const [i, name] of ['pets', 'second', 'third', 'fourth'].entries()) await addModel(name, i + 1);
});
afterEach(() => fs.rm(root, { recursive: true }));

/** What the read model's classes and weights say. */
async function read(path: string): Promise<unknown[]> {
  const model = await readModel(path);
  if (model.format === 'onnx') throw new Error('not a layers-model');
  return [model.classes[1], model.weights.get('scores/kernel')!.data[0]];
}

test.each(['pets', 'pets/model.json'])('%s is read whole, again if it was replaced', async (path) => {
  replacements = ['second'];
  expect(await read(join(root, path))).toEqual(['2', 2]);
});

test('a model that is replaced each time that it is read is not used', async () => {
  replacements = ['second', 'third', 'fourth'];
  await expect(read(join(root, 'pets'))).rejects.toThrow('changed while');
});

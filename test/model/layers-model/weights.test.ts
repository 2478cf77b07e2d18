import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { io } from '@tensorflow/tfjs-core';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { fitWeights } from '../../../src/model/layers-model/fit.js';
import { readLayersModel } from '../../../src/model/layers-model/load.js';
import { decodeGroup, readManifest, weightPaths } from '../../../src/model/layers-model/weights.js';
import { denseHead, madeUpWeights } from '../graphs.js';

const entry = (name: string, shape: number[], quantization?: unknown) => ({
  name,
  shape,
  dtype: 'float32',
  quantization,
});
const manifest = (weights: unknown[], paths: unknown[] = ['a.bin']) => [{ paths, weights }];

test('float32, float16, uint8 and uint16 are decoded as TF.js decodes them', async () => {
  const specs = [
    entry('m/a/kernel', [3], { dtype: 'uint8', scale: 0.5, min: -1, original_dtype: 'float32' }),
    entry('a/bias:0', [2, 1]),
    entry('b/gamma', [5], { dtype: 'float16', original_dtype: 'float32' }),
    entry('b/beta', [2], { dtype: 'uint16', scale: 1e-3, min: 2, original_dtype: 'float32' }),
  ];
  const bytes = new Uint8Array(3 + 8 + 10 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 1, 255]);
  view.setFloat32(3, 1.25, true);
  view.setFloat32(7, -3e-9, true);
  [0x3c00, 0xc500, 0x0001, 0x7bff, 0x8000].forEach((half, i) => view.setUint16(11 + 2 * i, half, true));
  [0, 65535].forEach((step, i) => view.setUint16(21 + 2 * i, step, true));

  const [group] = readManifest(manifest(specs), 'model.json');
  expect(group.byteLength).toBe(bytes.length);
  const found = decodeGroup(group, bytes);
  expect([...found.keys()]).toEqual(['a/kernel', 'a/bias', 'b/gamma', 'b/beta']);
  expect(found.get('a/bias')!.shape).toEqual([2, 1]);
  expect([...found.get('b/gamma')!.data]).toEqual([1, -5, 2 ** -24, 65504, -0]);
  await createTfjsEngine({ backend: 'cpu' });
  const expected = io.decodeWeights(bytes.buffer, JSON.parse(JSON.stringify(specs)) as io.WeightsManifestEntry[]);
  specs.forEach(({ name }, i) => expect([...[...found.values()][i].data]).toEqual([...expected[name].dataSync()]));
});

describe('a manifest that cannot be trusted', () => {
  test.each(['../a.bin', '/etc/passwd', 'b/a.bin', 'b\\a.bin', '..', '.', 'C:a.bin', '', 7])(
    'names the shard %p',
    (path) => {
      expect(() => readManifest(manifest([], [path]), 'model.json')).toThrow(
        expect.objectContaining({ category: 'unsafe' }),
      );
    },
  );

  test.each([
    ['another type', [{ name: 'a/b', shape: [1], dtype: 'int32' }], /type "int32"/],
    ['a negative extent', [entry('a/b', [-1])], /contains -1/],
    ['a size beyond counting', [entry('a/b', [1e9, 1e9])], /has the shape/],
    ['a name without a layer', [entry('kernel', [1])], /name of a weight is "kernel"/],
    ['the same name twice', [entry('m/a/b', [1]), entry('a/b:0', [1])], /two weights are named a\/b/],
    ['an unknown quantization', [entry('a/b', [1], { dtype: 'int4' })], /quantization of a\/b/],
  ])('has %s', (_, weights, message) => {
    expect(() => readManifest(manifest(weights), 'model.json')).toThrow(message);
  });
});

describe('files', () => {
  const dense = { class_name: 'Dense', config: { name: 'd', units: 2, batch_input_shape: [null, 3] } };
  const text = JSON.stringify({
    modelTopology: { class_name: 'Sequential', config: [dense] },
    weightsManifest: manifest([entry('d/kernel', [3, 2]), entry('d/bias', [2])], ['a.bin', 'b.bin']),
  });
  let folder: string;
  const path = () => join(folder, 'model.json');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weights-'));
    await writeFile(path(), text);
    const bytes = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer);
    await writeFile(join(folder, 'a.bin'), bytes.subarray(0, 10));
    await writeFile(join(folder, 'b.bin'), bytes.subarray(10));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('a weight may lie across two shards', async () => {
    const { weights } = await readLayersModel(path());
    expect([...weights.get('d/kernel')!.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...weights.get('d/bias')!.data]).toEqual([7, 8]);
    expect(weightPaths(text, 'model.json')).toEqual(['a.bin', 'b.bin']);
  });

  test('sizes that do not add up, missing files and text that is not JSON are bad data', async () => {
    await writeFile(join(folder, 'b.bin'), Buffer.alloc(21));
    await expect(readLayersModel(path())).rejects.toMatchObject({
      category: 'bad-data',
      problems: [{ found: 'the weights in a.bin, b.bin have 31 bytes', expected: expect.stringContaining('32 bytes') }],
    });
    await rm(join(folder, 'b.bin'));
    await expect(readLayersModel(path())).rejects.toMatchObject({
      category: 'bad-data',
      problems: [{ where: join(folder, 'b.bin'), found: 'the file is missing' }],
    });
    await writeFile(path(), '{"modelTopology":');
    await expect(readLayersModel(path())).rejects.toMatchObject({
      category: 'bad-data',
      problems: [{ found: expect.stringMatching(/begins like JSON but is damaged/) }],
    });
    await expect(readLayersModel(join(folder, 'none.json'))).rejects.toMatchObject({ category: 'bad-data' });
  });

  test('a folder in its place is not taken for bad data', async () => {
    await rm(path());
    await mkdir(path());
    await expect(readLayersModel(path())).rejects.toMatchObject({
      category: 'input-output',
      problems: [{ where: path(), found: 'is a folder' }],
    });
  });
});

describe('fitting weights to a network', () => {
  const graph = denseHead(6, 3);
  const weights = madeUpWeights(graph, 1);

  test('returns what the network declares, in its order, and others only are left out when asked', () => {
    const more = new Map([['top/kernel', { shape: [1], data: new Float32Array(1) }], ...[...weights].reverse()]);
    expect([...fitWeights(graph, more, 'w', { ignoreOthers: true })]).toEqual([...weights]);
    const unused = expect.objectContaining({ code: 'weight-unused', where: 'w, top/kernel' });
    expect(() => fitWeights(graph, more, 'w')).toThrow(expect.objectContaining({ problems: [unused] }));
  });

  test('names the weight, what was found and what was expected', () => {
    const kernel = { shape: [8, 4], data: new Float32Array(32) };
    const wrong = new Map([...weights, ['classes/kernel', kernel] as const]);
    wrong.delete('norm/beta');
    const problems = [
      { code: 'weight-missing', where: 'w, norm/beta', expected: 'the shape [8]' },
      { code: 'weight-shape', found: 'the weight has the shape [8, 4]', expected: 'the shape [8, 3]' },
    ].map((problem): unknown => expect.objectContaining(problem));
    expect(() => fitWeights(graph, wrong, 'w')).toThrow(expect.objectContaining({ category: 'bad-data', problems }));
  });
});

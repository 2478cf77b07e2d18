/** Exported `.onnx` files in plain onnxruntime, against the reference engine and what they say of themselves. */
import { describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { exportOnnx, refuseTooLarge } from '../../../src/engine/onnx/export-model.js';
import { GraphBuilder } from '../../../src/engine/onnx/builder.js';
import { metadataOf, toProperties } from '../../../src/engine/onnx/metadata.js';
import { encodeModel } from '../../../src/engine/onnx/model-file.js';
import { readConstants, readMetadata, readOnnxBundle } from '../../../src/engine/onnx/model-reader.js';
import { preprocessingNodes } from '../../../src/engine/onnx/preprocessing.js';
import { reloadOnnx } from '../../../src/engine/onnx/reload.js';
import { createTfjsEngine } from '../../../src/engine/tfjs/index.js';
import { preprocess, type Preprocessing } from '../../../src/model/preprocessing.js';
import { roundedWeights } from '../../../src/model/rounding.js';
import { scoresOf } from '../../../src/model/prediction.js';
import { classifier } from '../../model/classifiers.js';

const size = 13 * 11 * 3;
const pixels = Uint8Array.from({ length: 3 * size }, (_, i) => (i * 7919) % 256);

/** What the reference engine makes of the pixels, one score per class. */
async function reference({ document, weights }: ReturnType<typeof classifier>): Promise<number[]> {
  const runner = await (await createTfjsEngine({ backend: 'wasm' })).compile(document.graph, weights);
  const inputs = new Float32Array(pixels.length);
  preprocess(pixels, inputs, document.preprocessing);
  const outputs = await runner.run(inputs, 3);
  runner.dispose();
  return [0, 1, 2].flatMap((row) => scoresOf(outputs, row, outputs.length / 3));
}

const furthest = (found: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((score, i) => Math.abs(score - found[i])));

const preprocessings: Preprocessing[] = [
  { kind: 'rescale', factor: 1 / 255 },
  ...(['tf', 'caffe', 'torch', 'none'] as const).map((mode): Preprocessing => ({ kind: 'mode', mode })),
];

describe('the preprocessing in the graph', () => {
  test.each(preprocessings)('%j gives every level what training gave it, to the last bit', async (preprocessing) => {
    const builder = new GraphBuilder();
    const out = preprocessingNodes(builder, builder.batchInput('pixels', [16, 16, 3], 'uint8'), preprocessing);
    builder.batchOutput('out', out, [16, 16, 3]);
    const levels = Uint8Array.from({ length: 768 }, (_, i) => (i * 85) % 256);
    expect(new Set(levels.filter((_, i) => i % 3 === 1)).size).toBe(256);
    const session = await InferenceSession.create(encodeModel(builder.build('p')), { graphOptimizationLevel: 'all' });
    const { out: found } = await session.run({ pixels: new Tensor('uint8', levels, [1, 16, 16, 3]) });
    const expected = new Float32Array(768);
    preprocess(levels, expected, preprocessing);
    expect(Buffer.from((found.data as Float32Array).slice().buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    await session.release();
  });
});

describe('an exported model', () => {
  test.each([
    [1, 2],
    [2, 2],
    [4, 4],
  ])('of %d units gives %d scores an image, those of the reference engine', async (units, classes) => {
    const model = classifier(units, { kind: 'mode', mode: 'caffe' });
    const { scores } = await reloadOnnx(
      exportOnnx(model.document, model.weights, 'float32'),
      pixels,
      3,
      model.document.graph,
    );
    expect(scores).toHaveLength(3 * classes);
    expect(furthest(scores, await reference(model))).toBeLessThan(1e-5);
    expect(scores[0] + scores[1] + (classes === 4 ? scores[2] + scores[3] : 0)).toBeCloseTo(1, 5);
  });

  test('gives each weight back as it was, under its own name', async () => {
    const { document, weights } = classifier(1);
    const reloaded = await reloadOnnx(exportOnnx(document, weights, 'float32'), pixels, 3, document.graph);
    for (const [name, { data }] of weights) expect([name, reloaded.weights.get(name)]).toEqual([name, data]);
  });

  test('is the same bytes every time, and says all that a program needs', async () => {
    const { document, weights } = classifier(1);
    const file = exportOnnx(document, weights, 'float32');
    expect(exportOnnx(document, weights, 'float32')).toEqual(file);
    expect(readMetadata(file, 'model.onnx')).toEqual({
      version: 1,
      classes: ['ant', 'bee'],
      image: { size: [13, 11], interpolation: 'bilinear', orientation: 'exif' },
      preprocessing: { kind: 'mode', mode: 'tf', applied_by: 'graph' },
      input: { name: 'pixels', type: 'uint8', layout: 'NHWC', channels: 'RGB', range: [0, 255] },
      output: { name: 'scores', type: 'float32', layout: 'NC', activation: 'sigmoid' },
      weights: 'float32',
    });
    const folder = await mkdtemp(join(tmpdir(), 'onnx-bundle-'));
    const path = join(folder, 'model.onnx');
    await writeFile(path, file);
    expect(await readOnnxBundle(path)).toMatchObject({ format: 'onnx', path, classes: ['ant', 'bee'] });
    await rm(folder, { recursive: true });
  });

  test('with halved weights holds kernels as float16, vectors as they are, and computes with the rounded ones', async () => {
    const { document, weights } = classifier(4);
    const rounded = roundedWeights(weights, 'float16');
    const file = exportOnnx(document, rounded, 'float16');
    const constants = readConstants(file, 'model.onnx');
    expect(constants.get('bn1/moving_variance')!.data).toEqual(weights.get('bn1/moving_variance')!.data);
    expect(rounded.get('classes/kernel')!.data).not.toEqual(weights.get('classes/kernel')!.data);
    const reloaded = await reloadOnnx(file, pixels, 3, document.graph);
    for (const [name, { data }] of rounded) expect([name, reloaded.weights.get(name)]).toEqual([name, data]);
    expect(furthest(reloaded.scores, await reference({ document, weights: rounded }))).toBeLessThan(1e-5);
    const kernels = [...weights]
      .filter(([, { shape }]) => shape.length > 1)
      .reduce((sum, [, { data }]) => sum + data.length, 0);
    // Each kernel saves two bytes per number, less the Cast that it needs.
    const saved = exportOnnx(document, weights, 'float32').length - file.length;
    expect(saved).toBeGreaterThan(2 * kernels - 8 * 120);
  });

  test('beyond what its file or float16 can hold is refused', () => {
    const large = new Float32Array(2 ** 29);
    const model = {
      name: 'wide',
      inputs: [],
      outputs: [],
      nodes: [],
      initializers: [{ name: 'w', dims: [2 ** 29], data: large }],
    };
    expect(() => refuseTooLarge(model)).toThrow(
      expect.objectContaining({
        category: 'invalid',
        problems: [
          expect.objectContaining({
            code: 'onnx-too-large',
            found: 'the weights have 2.1 GB',
            expected: 'less than 2.1 GB, the limit for a single .onnx file',
          }),
        ],
      }),
    );
    const { weights } = classifier(4);
    const { shape } = weights.get('classes/kernel')!;
    const huge = new Map([
      ...weights,
      ['classes/kernel', { shape, data: new Float32Array(shape[0] * shape[1]).fill(7e4) }],
    ]);
    expect(() => roundedWeights(huge, 'float16')).toThrow(
      expect.objectContaining({
        problems: [expect.objectContaining({ code: 'weight-beyond-float16', where: 'classes/kernel' })],
      }),
    );
    expect(roundedWeights(huge, 'float32')).toEqual(huge);
  });
});

describe('a file that is none of ours', () => {
  const problem = (code: string) =>
    expect.objectContaining({ category: 'bad-data', problems: [expect.objectContaining({ code, where: 'm.onnx' })] });
  const graph = new GraphBuilder();
  graph.batchOutput('y', graph.batchInput('x', [2]), [2]);
  const own = toProperties(metadataOf({ ...classifier(1).document, activation: 'sigmoid', weights: 'float32' }));
  const withProperties = (metadata?: Record<string, string>) => encodeModel({ ...graph.build('m'), metadata });

  test.each([
    ['a text', Buffer.from('no model at all'), 'not-onnx'],
    ['a model of another program', withProperties(), 'not-an-exported-model'],
    ['one of a later version', withProperties({ 'pipeline.version': '2' }), 'not-an-exported-model'],
    [
      'one with a class list that is not JSON',
      withProperties({ 'pipeline.version': '1', 'pipeline.classes': '[cats' }),
      'not-an-exported-model',
    ],
    [
      'one of images that fit into no memory',
      withProperties({
        ...own,
        'pipeline.image': '{"size":[90000000,9],"interpolation":"bilinear","orientation":"exif"}',
      }),
      'not-an-exported-model',
    ],
    [
      'one with the same class twice',
      withProperties({ ...own, 'pipeline.classes': '["cats","cats"]' }),
      'not-an-exported-model',
    ],
    [
      'one without preprocessing',
      withProperties({ ...own, 'pipeline.preprocessing': '{"kind":"mode","mode":"other","applied_by":"graph"}' }),
      'not-an-exported-model',
    ],
    [
      'one cut short',
      exportOnnx(classifier(1).document, classifier(1).weights, 'float32').subarray(0, 5000),
      'not-onnx',
    ],
  ])('%s is refused', (_, bytes, code) => {
    expect(() => readMetadata(bytes, 'm.onnx')).toThrow(problem(code));
  });
});

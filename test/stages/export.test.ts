/** What export writes is read back by another runtime, and refused where anything moved. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { roundedWeights, toHalves } from '../../src/model/rounding.js';
import { weightsOfLayers, type Tensor } from '../../src/model/tensor.js';
import { exportModel } from '../../src/stages/export/index.js';
import { allScores, formats, type Exported, type FormatName } from '../../src/stages/export/formats.js';
import { inputsOf, type Probe } from '../../src/stages/export/probes.js';
import { verifyExport, type Expected } from '../../src/stages/export/verify.js';
import { classifier } from '../model/classifiers.js';

const probes: Probe[] = [0, 1, 2].map((row) => {
  const pixels = Uint8Array.from({ length: 13 * 11 * 3 }, (_, i) => (i * (31 + row) + 97 * row) % 256);
  return { digest: digestOf(pixels), label: 'ant', pixels };
});

const kinds = ['tfjs', 'onnx'] as const satisfies readonly FormatName[];
const types = ['float32', 'float16'] as const;
const cases = kinds.flatMap((kind) => types.map((weightType) => [kind, weightType] as const));

/** A model with its weights as they are written, and what must come back. */
async function exported(weightType: (typeof types)[number]): Promise<{ model: Exported; expected: Expected }> {
  const { document, weights } = classifier(1);
  const rounded = roundedWeights(weights, weightType);
  const runner = await (await createTfjsEngine({ backend: 'wasm' })).compile(document.graph, rounded);
  const scores = allScores(await runner.run(inputsOf(probes, document), probes.length), probes.length);
  runner.dispose();
  const frozen = weightsOfLayers(
    rounded,
    document.graph.layers.filter(({ trainable }) => !trainable),
  );
  return { model: { document, weights: rounded, weightType }, expected: { frozen, scores, coarse: false } };
}

/** Writes, changes the weights or the files, and verifies. */
async function verified(
  kind: FormatName,
  { model, expected }: Awaited<ReturnType<typeof exported>>,
  change: { weight?: string; by?: number } = {},
): Promise<void> {
  const { write, reload, runtime } = formats[kind];
  const moved = ([name, { shape, data }]: [string, Tensor]): [string, Tensor] => [
    name,
    // The last bit of one number that float16 can hold too.
    name === change.weight
      ? { shape, data: data.map((x, i) => (i === 3 ? x + (change.by ?? 2 ** -11) : x)) }
      : { shape, data },
  ];
  const files = await write({ ...model, weights: new Map([...model.weights].map(moved)) });
  verifyExport(await reload(files, probes, model), expected, runtime);
}

describe.each(cases)('%s with %s weights', (kind, weightType) => {
  let made: Awaited<ReturnType<typeof exported>>;
  beforeAll(async () => void (made = await exported(weightType)));

  test('comes back as it was', () => expect(verified(kind, made)).resolves.toBeUndefined());

  test.each(['conv1/kernel', 'dw2/depthwise_kernel', 'gate/kernel', 'bn1/moving_variance', 'dilated/bias'])(
    'a frozen weight that changed is reported by name: %s',
    async (weight) => {
      await expect(verified(kind, made, { weight })).rejects.toMatchObject({
        category: 'stage-failed',
        problems: [{ code: 'frozen-weights-moved', found: expect.stringContaining(weight) }],
      });
    },
  );

  test('a trained weight that was damaged is seen in the scores', async () => {
    const bad = verified(kind, made, { weight: 'classes/kernel', by: 0.5 });
    await expect(bad).rejects.toMatchObject({
      problems: [{ code: 'export-differs', found: expect.stringContaining(formats[kind].runtime) }],
    });
  });

  test('a bit that flipped in the written weights is seen', async () => {
    const { model, expected } = made;
    const { write, reload, runtime } = formats[kind];
    const files = new Map([...(await write(model))].map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
    // The kernel of `gate` has the same axes in both formats, and so the same bytes.
    const { data } = model.weights.get('gate/kernel')!;
    const stored = weightType === 'float16' ? toHalves('gate/kernel', { shape: [], data }) : data;
    const written = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const [file, at] = [...files.values()]
      .map((bytes) => [bytes, Buffer.from(bytes).indexOf(written)] as const)
      .find(([, found]) => found >= 0)!;
    file[at + 17] ^= 1;
    const reloaded = reload(files, probes, model).then((found) => verifyExport(found, expected, runtime));
    await expect(reloaded).rejects.toMatchObject({
      problems: [{ code: 'frozen-weights-moved', found: expect.stringContaining('gate/kernel') }],
    });
  });
});

test('scores that are not numbers, or too few, do not match', () => {
  const weights = new Map<string, Float32Array>();
  const expected = { frozen: new Map(), scores: Float32Array.of(0.25, 0.75), coarse: false };
  const verify =
    (...scores: number[]) =>
    () =>
      verifyExport({ scores: Float32Array.from(scores), weights }, expected, 'TF.js');
  expect(verify(0.25, 0.75)).not.toThrow();
  expect(verify(0.25, 0.75 + 9e-5)).not.toThrow();
  expect(verify(0.25, 0.75 + 1.2e-4)).toThrow('differ by up to');
  expect(verify(NaN, 0.75)).toThrow('differ by up to NaN');
  expect(verify(0.25)).toThrow('1 scores instead of 2');
});

test('onnx is refused before any work on a machine without onnxruntime', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  const requires =
    (...names: FormatName[]) =>
    () =>
      exportModel.requires!({ to: 'm', formats: names as never, weights: 'float32', probe_pictures: true });
  expect(requires('tfjs', 'onnx')).not.toThrow();
  Object.defineProperty(process, 'platform', { ...platform, value: 'plan9' });
  try {
    expect(requires('tfjs')).not.toThrow();
    expect(requires('tfjs', 'onnx')).toThrow(
      expect.objectContaining({
        category: 'invalid',
        problems: [expect.objectContaining({ code: 'onnxruntime-missing', field: ['formats'] })],
      }),
    );
  } finally {
    Object.defineProperty(process, 'platform', platform);
  }
});

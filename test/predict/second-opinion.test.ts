/** An exported model is compared before its first score: with the images of its export, or with a second opinion. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PipelineError } from '../../src/core/problem.js';
import type { Engine } from '../../src/engine/engine.js';
import * as resolve from '../../src/engine/resolve.js';
import type { Graph } from '../../src/model/graph.js';
import { writeLayersModel } from '../../src/model/layers-model/write.js';

/** What the engine adds to every score, and how often it computed every layer. */
let offset = 0;
let opinions = 0;
jest.unstable_mockModule('../../src/engine/resolve.js', () => ({
  ...resolve,
  openEngine: async (identity: Engine['identity']): Promise<Engine> => {
    const engine = await resolve.openEngine(identity);
    return {
      ...engine,
      everyLayer: (...args) => {
        opinions++;
        return engine.everyLayer(...args);
      },
      compile: async (graph, weights) => {
        const runner = await engine.compile(graph, weights);
        const isWhole = graph.layers.some(({ name }) => name === 'scores');
        const run = async (inputs: Float32Array, count: number) =>
          (await runner.run(inputs, count)).map((value) => (isWhole ? value + offset : value));
        return { run, dispose: () => runner.dispose() };
      },
    };
  },
}));
const { openHere } = await import('../../src/predict/here.js');

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
const pixels = Uint8Array.from({ length: 72 }, (_, i) => (i * 37) % 256);
/** Of the network for these pixels: `tf` maps levels to -1 to 1. */
const scoreFor = (weight: number): number =>
  1 / (1 + Math.exp(-weight * pixels.reduce((sum, level) => sum + level / 127.5 - 1, 0)));

let folder: string;
beforeEach(async () => {
  [offset, opinions] = [0, 0];
  folder = await mkdtemp(join(tmpdir(), 'second-opinion-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Written {
  readonly weight?: number;
  /** What the list says that the image gives; none is written without it. */
  readonly output?: number;
  readonly size?: readonly [number, number];
}

async function writeModel({ weight = 0.5, output, size: [height, width] = [4, 6] }: Written): Promise<void> {
  const weights = new Map([['scores/kernel', { shape: [72, 1], data: new Float32Array(72).fill(weight) }]]);
  for (const [name, bytes] of writeLayersModel(graph, weights, { generatedBy: 'test' }).files)
    await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, 'classes.json'), '["cats","dogs"]');
  const image = { size: [4, 6], interpolation: 'nearest', orientation: 'exif' };
  const preprocessing = { kind: 'mode', mode: 'tf' };
  await writeFile(join(folder, 'preprocessing.json'), JSON.stringify({ image, preprocessing }));
  if (output === undefined) return;
  await mkdir(join(folder, 'probes'));
  const raw = { raw: { width: 6, height: 4, channels: 3 } } as const;
  await sharp(pixels, raw).resize({ width, height, fit: 'fill' }).png().toFile(join(folder, 'probes/1.png'));
  await writeFile(join(folder, 'probes.json'), JSON.stringify([{ picture: 'probes/1.png', outputs: [output] }]));
}

/** The score of an image, or the problem that refuses the model. */
async function predictOne(): Promise<unknown> {
  const { predictor } = await openHere(folder, 'onnx');
  const bytes = await sharp(pixels, { raw: { width: 6, height: 4, channels: 3 } })
    .png()
    .toBuffer();
  try {
    for await (const answer of predictor.predict([{ name: 'one', from: { bytes } }]))
      return answer.kind === 'prediction' ? answer.scores['dogs'] : answer.problem;
  } catch (thrown) {
    const { category, problems } = thrown as PipelineError;
    return { category, code: problems[0].code, where: problems[0].where, remedy: problems[0].remedy };
  } finally {
    await predictor.close();
  }
  return undefined;
}

const refused = {
  category: 'stage-failed',
  code: 'second-opinion-differs',
  where: 'layer scores',
  remedy: expect.stringContaining('use another engine (--engine tfjs)'),
};

test('the images of the export are enough', async () => {
  await writeModel({ output: scoreFor(0.5) });
  expect(await predictOne()).toBeCloseTo(scoreFor(0.5), 5);
  expect(opinions).toBe(0);
});

test.each<[string, Written]>([
  ['without images', {}],
  ['with images of another model', { output: scoreFor(0.45) }],
  ['with images of another size', { output: scoreFor(0.5), size: [400, 600] }],
  ['with an output that every wrong network could give', { weight: 40, output: scoreFor(40) }],
])('%s, the network is compared with its layers one by one', async (_name, written) => {
  await writeModel(written);
  expect(await predictOne()).toBeCloseTo(scoreFor(written.weight ?? 0.5), 5);
  expect(opinions).toBe(1);
});

test.each<[string, Written]>([
  ['with images', { output: scoreFor(0.5) }],
  ['without them', {}],
])('an engine that computes wrong scores is refused %s', async (_name, written) => {
  offset = 0.01;
  await writeModel(written);
  expect(await predictOne()).toEqual(refused);
});

/** Exported models as other programs get them: both formats, their probe images, half weights. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { fromMemory, readFiles } from '../model/layers-model/memory.js';
import { python, testWithOnnxChecker } from '../python.js';
import { pipelineText, Project, repository } from './rig.js';

interface ProbeRow {
  readonly picture?: string;
  readonly sha256: string;
  readonly class: string;
  readonly outputs: readonly number[];
  readonly scores: readonly number[];
}

let project: Project;
const folder = (...parts: string[]) => project.path('models/pets', ...parts);
const probes = async () => JSON.parse(await readFile(folder('probes.json'), 'utf8')) as ProbeRow[];
const pixelsOf = async (row: ProbeRow) => new Uint8Array(await sharp(folder(row.picture!)).raw().toBuffer());
const set = (...values: string[]) => values.flatMap((value) => ['--set', `stages.export.${value}`]);
const both = 'formats=[tfjs,onnx]';

beforeAll(async () => {
  tf.enableProdMode();
  project = await Project.create();
  await project.addPets('pictures', 20);
  await project.write('pets.yaml', pipelineText());
  expect((await project.run('pets.yaml', ...set(both))).code).toBe(0);
});
afterAll(() => project.remove());

/** What plain onnxruntime gives for the probe images, by nothing but the file's own metadata. */
async function scoresByOnnxruntime(): Promise<number[][]> {
  const session = await InferenceSession.create(folder('model.onnx'));
  const scores: number[][] = [];
  for (const row of await probes()) {
    const input = new Tensor('uint8', await pixelsOf(row), [1, 32, 32, 3]);
    const { scores: found } = await session.run({ pixels: input });
    scores.push([...(found.data as Float32Array)]);
  }
  await session.release();
  return scores;
}

/** What TF.js gives for them, by preprocessing.json (here [-1, 1]). */
async function outputsByTfjs(): Promise<number[][]> {
  const names = (await readdir(folder())).filter((name) => name === 'model.json' || name.endsWith('.bin'));
  const model = await loadLayersModel(fromMemory(await readFiles(folder(), names)));
  const outputs: number[][] = [];
  for (const row of await probes()) {
    const input = tf.tensor4d(
      Float32Array.from(await pixelsOf(row), (level) => level / 127.5 - 1),
      [1, 32, 32, 3],
    );
    outputs.push([...(await (model.predict(input) as tf.Tensor).data())]);
  }
  return outputs;
}

const furthest = (found: readonly number[][], expected: readonly (readonly number[])[]) =>
  Math.max(...expected.flatMap((row, i) => row.map((score, j) => Math.abs(score - found[i][j]))));

async function expectBothToAgree(): Promise<void> {
  const rows = await probes();
  expect(
    furthest(
      await scoresByOnnxruntime(),
      rows.map(({ scores }) => scores),
    ),
  ).toBeLessThan(1e-4);
  expect(
    furthest(
      await outputsByTfjs(),
      rows.map(({ outputs }) => outputs),
    ),
  ).toBeLessThan(1e-4);
}

const sizes = async () => {
  const weights = (await readdir(folder())).filter((name) => name.endsWith('.bin'));
  const total = async (names: readonly string[]) =>
    (await Promise.all(names.map((name) => stat(folder(name))))).reduce((sum, { size }) => sum + size, 0);
  return { tfjs: await total(weights), onnx: await total(['model.onnx']) };
};

describe('an export of both formats', () => {
  test('holds images of both classes that can be tried, with their scores', async () => {
    const rows = await probes();
    expect(rows.map(({ class: name }) => name)).toEqual(['cats', 'dogs', 'cats', 'dogs']);
    expect(rows.map(({ picture }) => picture)).toEqual([1, 2, 3, 4].map((n) => `probes/${n}.png`));
    for (const { outputs, scores } of rows) {
      expect(outputs).toHaveLength(1);
      expect(scores).toEqual([expect.closeTo(1 - outputs[0], 6), outputs[0]]);
    }
    // Scores that differ: a port that ignores its input would be found out.
    expect(new Set(rows.map(({ outputs }) => outputs[0].toFixed(3))).size).toBeGreaterThan(1);
    expect(await readdir(folder('probes'))).toHaveLength(4);
    await expectBothToAgree();
  });

  test('says in the card what each file gives', async () => {
    const card = await project.read('models/pets/README.md');
    for (const text of [
      '`model.onnx` always outputs 2 scores',
      '`model.json`: One number, the score of **dogs**',
      'keys that begin with `pipeline.`',
      '```python\nimport json',
      '`probes/`',
    ])
      expect(card).toContain(text);
    expect(card).not.toContain('float16');
  });

  testWithOnnxChecker('passes the public ONNX checker, and gives Python the promised scores', () => {
    const printed = execFileSync(python, [join(repository, 'tools/onnx/check_bundle.py'), folder()], {
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toMatchObject({
      ir_version: 8,
      opset: 17,
      probes: 4,
      metadata: expect.arrayContaining(['pipeline.classes', 'pipeline.input']),
    });
  });

  test('is current whatever the order of formats, and comes back with a probe that was thrown away', async () => {
    expect((await project.run('pets.yaml', ...set('formats=[onnx,tfjs]'))).stage('export').state).toBe('fresh');
    const before = await readFile(folder('probes/2.png'));
    await project.command('run', 'pets.yaml', ...set(both));
    await rm(folder('probes/2.png'));
    await project.run('pets.yaml', ...set(both));
    expect(await readFile(folder('probes/2.png'))).toEqual(before);
  });
});

describe('half weights', () => {
  test('halve the files, keep the promise of scores, and say what they cost', async () => {
    const full = await sizes();
    const exact = await probes();
    const run = await project.run('pets.yaml', ...set(both, 'weights=float16'));
    expect(run.code).toBe(0);
    const half = await sizes();
    // All but the vectors, which are many in so small a base.
    for (const format of ['tfjs', 'onnx'] as const) expect(half[format] / full[format]).toBeLessThan(0.6);
    await expectBothToAgree();
    const rounded = await probes();
    expect(rounded.map(({ sha256 }) => sha256)).toEqual(exact.map(({ sha256 }) => sha256));
    expect(rounded.map(({ outputs }) => outputs)).not.toEqual(exact.map(({ outputs }) => outputs));
    const note = run.events.find((event) => event.event === 'note' && event.code === 'rounded');
    const { samples, accuracy } = run.metrics.evaluate;
    expect(note).toMatchObject({
      text: expect.stringMatching(
        new RegExp(
          `validation accuracy ${(100 * accuracy).toFixed(1)}% -> .*scores of ${samples} images differ by at most `,
        ),
      ),
    });
    expect(await project.read('models/pets/README.md')).toContain(`on all ${samples} validation images: accuracy`);
  });

  testWithOnnxChecker('pass the public ONNX checker', () => {
    execFileSync(python, [join(repository, 'tools/onnx/check_bundle.py'), folder()]);
  });
});

test('images stay at home where that is asked for; the formats that are left out leave their files out', async () => {
  const run = await project.run('pets.yaml', ...set('formats=[onnx]', 'probe_pictures=false'));
  expect(run.code).toBe(0);
  expect((await readdir(folder())).sort()).toEqual([
    'README.md',
    'classes.json',
    'demo',
    'demo.html',
    'model.onnx',
    'prepare.mjs',
    'preprocessing.json',
    'probes.json',
  ]);
  const rows = await probes();
  expect(rows.map((row) => 'picture' in row)).toEqual([false, false, false, false]);
  expect(run.events.some((event) => event.event === 'note' && event.code === 'probes')).toBe(false);
  const card = await project.read('models/pets/README.md');
  expect(card).not.toContain('`probes/`');
  // There is nothing to check scores with.
  expect(card).not.toContain('check.py');
});

test('three classes: scores of a softmax, as many as there are classes', async () => {
  await project.addPets('three', 10);
  await mkdir(project.path('three/negatives'));
  for (const name of (await readdir(project.path('three/cats'))).slice(0, 5)) {
    await sharp(project.path('three/cats', name))
      .negate()
      .png()
      .toFile(project.path('three/negatives', `${name}.png`));
  }
  expect((await project.run('pets.yaml', '--set', 'stages.ingest.source=three', ...set(both))).code).toBe(0);
  const rows = await probes();
  expect(rows.map(({ class: name }) => name)).toEqual(['cats', 'dogs', 'negatives', 'cats']);
  expect(rows.every(({ outputs, scores }) => scores.length === 3 && outputs.length === 3)).toBe(true);
  await expectBothToAgree();
});

test('a part that one training moved and a later one froze again goes into both formats as it is', async () => {
  const again = await Project.create();
  await again.addPets('pictures', 10);
  const later = `  later: {uses: train, from: train, freeze: all, epochs: 1}\n  evaluate:`;
  const text = pipelineText({ train: 'epochs: 1' })
    .replace('layers: all', 'layers: {until: top_bn}')
    .replace('  evaluate:', later);
  await again.write('pets.yaml', text);
  const run = await again.run('pets.yaml', ...set(both, 'weights=float16'));
  expect([run.code, run.stage('export').state]).toEqual([0, 'ran']);
  expect(run.events.filter((event) => event.event === 'note' && event.code === 'verified')).toHaveLength(2);
  await again.remove();
});

test('without onnxruntime-node, onnx is refused before any stage runs; tfjs alone works', async () => {
  const bare = await Project.create();
  bare.environment.NODE_OPTIONS = `--import ${pathToFileURL(join(repository, 'test/e2e/without-onnxruntime.mjs')).href}`;
  await bare.addPets('pictures', 8);
  await bare.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
  const refused = await bare.run('pets.yaml', ...set(both));
  expect([refused.code, refused.named('ran')]).toEqual([2, []]);
  const problem = refused.events.find((event) => event.event === 'problem');
  expect(problem).toMatchObject({
    problem: {
      code: 'onnxruntime-missing',
      field: ['formats'],
      remedy: expect.stringContaining('remove onnx from `formats`'),
    },
  });
  // What does not reach the export may run.
  expect((await bare.run('pets.yaml', 'train', ...set(both))).code).toBe(0);
  const alone = await bare.run('pets.yaml');
  expect([alone.code, alone.stage('export').state]).toEqual([0, 'ran']);
  await bare.remove();
});

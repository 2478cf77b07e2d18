/** The main job on the embedded default and on real photographs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { digestOf } from '../../src/core/digest.js';
import { longTestWithShared, testWithShared } from '../shared.js';
import { Project, repository } from './rig.js';

describe('the quick start', () => {
  let project: Project;
  beforeAll(async () => {
    // Keeps TF.js from advertising its other backends.
    tf.enableProdMode();
    project = await Project.create();
    await cp(join(repository, 'pipelines'), project.path('pipelines'), { recursive: true });
    await cp(join(repository, 'examples', 'pets', 'pictures'), project.path('examples/pets/pictures'), {
      recursive: true,
    });
  });
  afterAll(() => project.remove());

  test('distinguishes cats from dogs, and a second run does nothing', async () => {
    const first = await project.run('pipelines/quickstart.yaml');
    expect([first.code, first.state]).toEqual([0, 'ok']);
    expect(first.metrics.evaluate.accuracy).toBeGreaterThanOrEqual(0.9);
    // Four views of the training images, and the validation images as they are.
    const validation = first.metrics.evaluate.samples;
    expect(first.stage('train').features!.extracted).toBe(4 * (200 - validation) + validation);
    const second = await project.run('pipelines/quickstart.yaml');
    expect(second.named('fresh')).toHaveLength(second.stages.length);
    expect(second.metrics).toEqual(first.metrics);
  });

  test('exports a model that TF.js loads, with its classes and how to prepare images', async () => {
    const folder = project.path('models/quickstart');
    const model = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    const weights = await Promise.all(
      model.weightsManifest[0].paths.map((path: string) => readFile(join(folder, path))),
    );
    const weightData = new Uint8Array(Buffer.concat(weights)).buffer;
    const loaded = await loadLayersModel({
      load: () =>
        Promise.resolve({
          modelTopology: model.modelTopology,
          weightSpecs: model.weightsManifest[0].weights,
          weightData,
        }),
    });
    expect(JSON.parse(await readFile(join(folder, 'classes.json'), 'utf8'))).toEqual(['cats', 'dogs']);
    const { image, preprocessing } = JSON.parse(await readFile(join(folder, 'preprocessing.json'), 'utf8'));
    expect([image.size, preprocessing]).toEqual([[96, 96], { kind: 'mode', mode: 'tf' }]);

    // The images are 96 px already, so that decoding and [-1, 1] are all that preparing them takes.
    const images = new Map<string, string>();
    for (const name of ['cats', 'dogs']) {
      const pets = project.path('examples/pets/pictures', name);
      for (const file of await readdir(pets)) images.set(digestOf(await readFile(join(pets, file))), join(pets, file));
    }
    const probes = JSON.parse(await readFile(join(folder, 'probes.json'), 'utf8')) as {
      sha256: string;
      outputs: number[];
    }[];
    expect(probes.length).toBeGreaterThan(0);
    for (const { sha256, outputs } of probes) {
      const pixels = await sharp(images.get(sha256)!).removeAlpha().raw().toBuffer();
      const input = tf.tensor4d(
        Float32Array.from(pixels, (level) => level / 127.5 - 1),
        [1, 96, 96, 3],
      );
      const [score] = await (loaded.predict(input) as tf.Tensor).data();
      expect(score).toBeCloseTo(outputs[0], 3);
    }
  });
});

describe('real photographs', () => {
  testWithShared(
    'MobileNetV2 reaches 0.92, a second run does nothing, the model card has the figures',
    async (shared) => {
      const project = await Project.create();
      await cp(join(repository, 'pipelines'), project.path('pipelines'), { recursive: true });
      const set = [
        '--set',
        `stages.ingest.source=${shared}/data/cats-dogs`,
        '--set',
        `stages.load-base.weights=${shared}/weights/mobilenet-v2-0.35-224/model.json`,
      ];
      const first = await project.run('pipelines/cats-dogs-mobilenet.yaml', ...set);
      expect([first.code, first.state]).toEqual([0, 'ok']);
      expect(first.metrics.evaluate).toMatchObject({ samples: 200 });
      expect(first.metrics.evaluate.accuracy).toBeGreaterThanOrEqual(0.92);
      expect(first.stage('train').features).toEqual({ extracted: 800, reused: 0 });
      const second = await project.run('pipelines/cats-dogs-mobilenet.yaml', ...set);
      expect(second.named('fresh')).toHaveLength(7);
      const card = await project.read('models/cats-dogs-mobilenet/README.md');
      expect(card).toContain(`accuracy ${(100 * first.metrics.evaluate.accuracy).toFixed(1)}%`);
      await project.remove();
    },
    120_000,
  );

  longTestWithShared(
    'the quick start pointed at photographs reaches 0.70',
    async (shared) => {
      const project = await Project.create();
      await cp(join(repository, 'pipelines'), project.path('pipelines'), { recursive: true });
      const run = await project.run(
        'pipelines/quickstart.yaml',
        '--set',
        `stages.ingest.source=${shared}/data/cats-dogs`,
      );
      expect(run.code).toBe(0);
      expect(run.metrics.evaluate.accuracy).toBeGreaterThanOrEqual(0.7);
      await project.remove();
    },
    120_000,
  );
});

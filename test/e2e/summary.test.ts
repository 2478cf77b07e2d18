/** pipeline summary, with the numbers of Keras's own model.summary() (Keras 3.15.1) for the same networks. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Project, repository } from './rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 4);
});
afterAll(() => project.remove());

const unpack = async (name: string, to: string): Promise<void> =>
  writeFile(project.path(to), gunzipSync(await readFile(join(repository, 'test/fixtures', name))));

const vgg16 = `version: 1
seed: 7
stages:
  ingest: {source: pictures, image: {size: [224, 224]}, split: {validation: 0.3}}
  load-base: {architecture: vgg16}
  freeze: {layers: all}
  build-head: {layers: [flatten, {dense: {units: 256, activation: relu}}, {dropout: 0.5}, classifier]}
  train: {epochs: 1}
  fine-tune: {uses: train, from: train, freeze: {until: block5_conv1}, epochs: 1}
  evaluate: {model: fine-tune}
`;

test('VGG16 with a head has the counts of Keras, for the head alone and for the last block, without its weights', async () => {
  await project.write('vgg.yaml', vgg16);
  const { code, stdout, stderr } = await project.command('summary', 'vgg.yaml');
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
  expect(lines).toEqual(
    expect.arrayContaining([
      'Model: "vgg16" (train)',
      'Layer (type) | Output Shape | Param # | Trainable',
      'input_1 (InputLayer) | (None, 224, 224, 3) | 0 | -',
      'block1_conv1 (Conv2D) | (None, 224, 224, 64) | 1,792 | no',
      'block5_conv3 (Conv2D) | (None, 14, 14, 512) | 2,359,808 | no',
      'block5_pool (MaxPooling2D) | (None, 7, 7, 512) | 0 | -',
      'head_flatten (Flatten) | (None, 25088) | 0 | -',
      'head_dense (Dense) | (None, 256) | 6,422,784 | yes',
      'head_classifier (Dense) | (None, 1) | 257 | yes',
      'Model: "vgg16" (fine-tune)',
      'block4_conv3 (Conv2D) | (None, 28, 28, 512) | 2,359,808 | no',
      'block5_conv1 (Conv2D) | (None, 14, 14, 512) | 2,359,808 | yes',
    ]),
  );
  expect(lines.filter((line) => line.includes('params'))).toEqual([
    'Total params: 21,137,729 (80.63 MB)',
    'Trainable params: 6,423,041 (24.50 MB)',
    'Non-trainable params: 14,714,688 (56.13 MB)',
    'Total params: 21,137,729 (80.63 MB)',
    'Trainable params: 13,502,465 (51.51 MB)',
    'Non-trainable params: 7,635,264 (29.13 MB)',
  ]);
});

test('statistics of BatchNorm are not trainable, as in Keras, and --json has the numbers', async () => {
  await project.write(
    'mobile.yaml',
    vgg16
      .replace('vgg16', 'mobilenet_v2, alpha: 0.35')
      .replace('[224, 224]', '[96, 96]')
      .replace('flatten, {dense: {units: 256, activation: relu}}, {dropout: 0.5}', 'global_average_pooling')
      .replace(/ {2}fine-tune.*\n/, '')
      .replace('{model: fine-tune}', '{}'),
  );
  const { code, stdout } = await project.command(
    'summary',
    'mobile.yaml',
    '--set',
    'stages.freeze.layers=none',
    '--json',
  );
  expect(code).toBe(0);
  // MobileNetV2(alpha=0.35) has 410,208 (396,128 and 14,080); the head adds 1,281.
  expect(JSON.parse(stdout)).toMatchObject({
    event: 'summary',
    stages: ['train'],
    total: { parameters: 411_489, bytes: 411_489 * 4 },
    trained: { trainable: { parameters: 397_409 }, non_trainable: { parameters: 14_080, bytes: 14_080 * 4 } },
  });
});

test('reads exported folders, .keras and .onnx files', async () => {
  const lastLines = async (path: string): Promise<string[]> =>
    (await project.command('summary', path)).stdout.trimEnd().split('\n').slice(-3);
  await unpack('keras/nested-guide-keras3.keras.gz', 'guide.keras');
  await unpack('onnx/vit-old.onnx.gz', 'vit.onnx');
  expect(await lastLines('guide.keras')).toEqual([
    'Total params: 201 (804.00 B)',
    'Trainable params: 12 (48.00 B)',
    'Non-trainable params: 189 (756.00 B)',
  ]);
  expect((await lastLines('vit.onnx')).at(-1)).toBe('Total params: 6,773 (26.46 KB)');
  expect((await lastLines(join(repository, 'examples/base')))[0]).toBe('Total params: 240,704 (940.25 KB)');
});

test('says what is not a network', async () => {
  await unpack('keras/nested-base-keras3.weights.h5.gz', 'base.weights.h5');
  for (const [path, found] of [
    ['nowhere', 'nowhere: does not exist'],
    ['base.weights.h5', 'weights'],
    ['pictures', 'pictures'],
  ]) {
    const { code, stdout, stderr } = await project.command('summary', path);
    expect([path, [2, 3].includes(code), stdout, stderr]).toEqual([path, true, '', expect.stringContaining(found)]);
  }
});

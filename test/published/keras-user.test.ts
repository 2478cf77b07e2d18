/**
 * A Keras user has a script, its images in train/ and validation/, and weights in an .h5 file: the recipe of
 * docs/from-keras.md with them, its numbers of parameters, and a model that keeps them.
 */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bases } from '../../src/model/bases/index.js';
import { readModelFile } from '../../src/model/read-model.js';
import { publish } from '../e2e/published.js';
import { testWithShared } from '../shared.js';
import { Journey } from './installed.js';

let journey: Journey;
beforeAll(async () => {
  journey = await Journey.begin();
}, 300_000);
afterAll(() => journey?.end());

/** MobileNetV2(alpha=0.35, include_top=False) as `save_weights` of Keras 2 writes it, trained on ImageNet. */
async function writeWeights(shared: string, path: string): Promise<void> {
  const { weights } = await readModelFile(join(shared, 'weights/mobilenet-v2-0.35-224/model.json'));
  await publish(path, bases.mobilenet_v2.build!(0.35), weights, (layer, variable) => `${layer}/${variable}:0`);
}

/** The file of the page, with this user's base, whose preprocessing replaces `rescale`, and a pool instead of Flatten. */
async function writePipeline(): Promise<void> {
  const page = await readFile(journey.path('node_modules/transfer-pipeline/docs/from-keras.md'), 'utf8');
  const [, yaml] = /```yaml\n([^]*?)```/.exec(page)!;
  const changes: readonly (readonly [string | RegExp, string])[] = [
    ['size: [150, 150]', 'size: [224, 224]'],
    [/ +rescale: .*\n/, ''],
    ['views: 4', 'views: 2'],
    ['architecture: vgg16', 'architecture: mobilenet_v2\n    alpha: 0.35\n    weights: mobilenet_v2_no_top.h5'],
    ['- flatten', '- global_average_pooling'],
  ];
  const own = changes.reduce((text, [from, to]) => {
    expect(text).toMatch(from);
    return text.replace(from, to);
  }, yaml);
  await writeFile(journey.path('cats-dogs.yaml'), own);
}

/** A third of the photos for training, which is enough for nine of ten, and all for validation. */
async function copyPhotos(from: string, to: string): Promise<void> {
  await cp(join(from, 'validation'), join(to, 'validation'), { recursive: true });
  for (const name of ['cats', 'dogs']) {
    const files = (await readdir(join(from, 'train', name))).sort().slice(0, 100);
    for (const file of files) await cp(join(from, 'train', name, file), join(to, 'train', name, file));
  }
}

/** The last lines of `summary`. Keras: 410,208 in the base (14,080 of them statistics), 327,936 + 257 in the head. */
const counts = (trainable: string, frozen: string): string[] => [
  'Total params: 738,401 (2.82 MB)',
  `Trainable params: ${trainable}`,
  `Non-trainable params: ${frozen}`,
];

testWithShared(
  "the recipe of the page with weights of one's own: Keras's counts, and photos that it recognizes",
  async (shared) => {
    await writeWeights(shared, journey.path('mobilenet_v2_no_top.h5'));
    await copyPhotos(join(shared, 'data/cats-dogs'), journey.path('data'));
    await writePipeline();

    const summary = await journey.pipeline('summary', 'cats-dogs.yaml');
    expect([summary.code, summary.stderr]).toEqual([0, '']);
    const rows = summary.stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.replace(/ {2,}/g, ' | ').split(' | ').slice(0, 4).join(' | '))).toEqual(
      expect.arrayContaining([
        'Conv1 (Conv2D) | (None, 112, 112, 16) | 432 | no',
        'out_relu (ReLU) | (None, 7, 7, 1280) | 0 | -',
        'head_dense (Dense) | (None, 256) | 327,936 | yes',
        'head_dense_2 (Dense) | (None, 1) | 257 | yes',
      ]),
    );
    expect(rows.slice(-3)).toEqual(counts('328,193 (1.25 MB)', '410,208 (1.56 MB)'));

    const run = await journey.pipeline('run', 'cats-dogs.yaml');
    expect([run.code, run.stdout]).toEqual([0, '']);
    const closing = run.stderr.slice(run.stderr.indexOf('\nevaluate: accuracy ') + 1);
    expect(closing).toMatch(
      /^evaluate: accuracy 0\.\d{4} {2}loss 0\.\d{4} {2}macro_f1 0\.\d{4} {2}roc_auc 0\.\d{4}\n[✔!] 9\d\.\d% of 200 validation images are right \(95% interval: /,
    );
    expect(closing).toMatch(
      /\ndone in .*: 8 stages ran, 0 restored, 0 up to date\ndetails: npx pipeline report cats-dogs\.yaml\n$/,
    );
    expect(closing).not.toContain('better than always answering');
    // As CSVLogger writes it.
    const history = await readFile(journey.path('.pipeline/out/cats-dogs/train/history.csv'), 'utf8');
    expect(history).toMatch(/^epoch,loss,accuracy,val_loss,val_accuracy/);

    const exported = await journey.pipeline('summary', 'models/cats-dogs');
    expect(exported.stdout.trimEnd().split('\n').slice(-3)[0]).toBe(counts('', '')[0]);
    const cat = 'data/validation/cats';
    const predict = await journey.pipeline('predict', 'models/cats-dogs', cat);
    expect([predict.code, predict.stderr]).toEqual([0, expect.stringContaining('100 images')]);
    const isCats = predict.stdout.split('\n').filter((line) => /\bcats\b.*$/.test(line.replace(cat, '')));
    expect(isCats.length).toBeGreaterThan(80);
  },
  600_000,
);

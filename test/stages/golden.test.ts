/**
 * Digests of the outputs of stages for fixed inputs. If one changes, either the change was not meant, or the stage's
 * `impl` has to be bumped with it: otherwise caches would mix old results with new ones.
 */
import { expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import type { Outputs } from '../../src/core/stage.js';
import { augment } from '../../src/stages/augment/index.js';
import { buildHead } from '../../src/stages/build-head/index.js';
import { freeze } from '../../src/stages/freeze/index.js';
import { ingest } from '../../src/stages/ingest/index.js';
import { loadBase } from '../../src/stages/load-base/index.js';
import { exportModel } from '../../src/stages/export/index.js';
import { formats } from '../../src/stages/export/formats.js';
import { classifier } from '../model/classifiers.js';
import { Bench, listing } from './context.js';

const short = (outputs: Outputs) =>
  Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest.slice(0, 12)]));
const image = { size: [32, 32] as [number, number], interpolation: 'bilinear' as const, orientation: 'exif' as const };

test('the outputs of ingest, augment, load-base, freeze and build-head', async () => {
  const seen: Record<string, object> = {};
  const data = new Bench();
  const files = Object.fromEntries(
    ['cats', 'dogs'].flatMap((name) => Array.from({ length: 20 }, (_, i) => [`${name}/${i}.jpg`, `${name} ${i}`])),
  );
  await ingest.run(
    data.context<'ingest'>(
      {
        source: 'p',
        image: { ...image, fit: 'stretch', crop_pct: 0.875, crop_rounding: 'down', fill: [0, 0, 0] },
        max_megapixels: 256,
        split: { validation: 0.3, test: 0 },
        on_bad_image: 'fail',
        on_bad_row: 'fail',
        on_label_conflict: 'fail',
      },
      {},
      { kind: 'folder', listing: listing(files) },
    ),
  );
  seen['ingest'] = { impl: ingest.impl, ...short(data.outputs) };

  const varied = new Bench();
  data.blobs.forEach((bytes, digest) => varied.blobs.set(digest, bytes));
  const none = {
    rotation_range: 0,
    width_shift_range: 0,
    height_shift_range: 0,
    shear_range: 0,
    zoom_range: 0,
    vertical_flip: false,
    cval: 0,
  };
  await augment.run(
    varied.context<'augment'>(
      { ...none, horizontal_flip: true, fill_mode: 'nearest', views: 4, rescale: '1/255', seed: 7 },
      { data: data.outputs },
    ),
  );
  seen['augment'] = { impl: augment.impl, ...short({ augmentation: varied.outputs.augmentation }) };

  const base = new Bench();
  await loadBase.run(
    base.context<'load-base'>(
      {
        architecture: 'vgg16',
        alpha: 1,
        image_size: 224,
        weights: 'random',
        include_top: false,
        precision: 'float32',
        seed: 7,
      },
      {},
      { kind: 'random' },
    ),
  );
  seen['load-base'] = { impl: loadBase.impl, ...short(base.outputs) };

  const frozen = new Bench();
  base.blobs.forEach((bytes, digest) => frozen.blobs.set(digest, bytes));
  await freeze.run(
    frozen.context<'freeze'>({ layers: { until: 'block5_conv1' }, batch_norm: 'stored' }, { base: base.outputs }),
  );
  seen['freeze'] = { impl: freeze.impl, ...short({ model: frozen.outputs.model }) };

  const head = new Bench();
  for (const from of [data, frozen]) from.blobs.forEach((bytes, digest) => head.blobs.set(digest, bytes));
  const layers = [{ flatten: {} }, { classifier: { kernel_initializer: 'glorot_uniform' as const } }];
  await buildHead.run(head.context<'build-head'>({ layers, seed: 7 }, { base: frozen.outputs, data: data.outputs }));
  seen['build-head'] = {
    impl: buildHead.impl,
    ...short({ head_weights: head.outputs.head_weights, model: head.outputs.model }),
  };
  expect(seen).toEqual({
    augment: {
      augmentation: '1f77fdf821ed',
      impl: 1,
    },
    'build-head': {
      head_weights: 'c7e19bb769c0',
      impl: 2,
      model: '7413f7c8bf6f',
    },
    freeze: {
      impl: 1,
      model: '25700a9a6b95',
    },
    ingest: {
      files: '02e6b0317979',
      impl: 2,
      samples: 'd3cf3977a4f2',
      spec: '75d9bc8b403d',
      summary: 'b951786cd292',
    },
    'load-base': {
      impl: 3,
      model: 'de1c38c7ee7f',
      weights: '3cf7dc4e8070',
    },
  });
});

test('the files of export', async () => {
  const seen: Record<string, object | number> = { impl: exportModel.impl };
  for (const weightType of ['float32', 'float16'] as const) {
    for (const [name, format] of Object.entries(formats)) {
      const files = await format.write({ ...classifier(2), weightType });
      seen[`${name} ${weightType}`] = Object.fromEntries(
        [...files].map(([file, bytes]) => [file, digestOf(bytes).slice(0, 12)]),
      );
    }
  }
  expect(seen).toEqual({
    impl: 5,
    'onnx float16': { 'model.onnx': 'd4e7f32b7ebe' },
    'onnx float32': { 'model.onnx': '6692ebde1810' },
    'tfjs float16': { 'group1-shard1of1.bin': '46dcea7dff68', 'model.json': '82e7e1113caf' },
    'tfjs float32': { 'group1-shard1of1.bin': '12e840701947', 'model.json': '6ff970d65e85' },
  });
});

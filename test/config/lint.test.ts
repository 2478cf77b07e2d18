import { describe, expect, test } from '@jest/globals';
import { bases } from '../../src/model/bases/index.js';
import { formatProblems } from '../../src/report/problems.js';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();

test('a loss that does not fit the head', async () => {
  const yaml = changed(petsYaml, 'loss: binary_crossentropy', 'loss: categorical_crossentropy');
  expect(await project.complaint(yaml))
    .toBe(`pets.yaml:24:11: \`categorical_crossentropy\` does not fit the head \`build-head\`, which ends in a sigmoid (line 20)
  23 |     optimizer: adam
  24 |     loss: categorical_crossentropy
     |           ^^^^^^^^^^^^^^^^^^^^^^^^
  25 |     epochs: 5
  expected: \`binary_crossentropy\`, or \`auto\`, which follows the head
  -> write \`loss: binary_crossentropy\``);
});

test('a softmax of one unit', async () => {
  const yaml = changed(
    changed(petsYaml, 'activation: sigmoid', 'activation: softmax'),
    'loss: binary_crossentropy',
    'loss: auto',
  );
  expect(await project.complaint(yaml)).toBe(`pets.yaml:20:9: a softmax of 1 unit is 1 for every image
  19 |       - dropout: {rate: 0.5}
  20 |       - dense: {units: 1, activation: softmax}
     |         ^^^^^
  21 |   train:
  expected: one sigmoid unit for two classes, or a softmax unit per class
  -> use \`classifier\` instead, which always fits the classes`);
});

test('two exports into one folder', async () => {
  expect(await project.complaint(`${petsYaml}  again: {uses: export, to: models/../models/pets/}\n`))
    .toBe(`pets.yaml:29:29: \`again\` exports into the same folder as \`export\` (line 28)
  28 |     to: models/pets
  29 |   again: {uses: export, to: models/../models/pets/}
     |                             ^^^^^^^^^^^^^^^^^^^^^^
  expected: a separate folder per export`);
});

/** Parts of the valid pipeline, what they are changed to, and the problems that come of it: code and line. */
const changes: readonly (readonly [from: string, to: string, problems: readonly (readonly [string, number])[]])[] = [
  ['units: 1, activation: sigmoid', 'units: 2, activation: softmax', [['loss-does-not-fit', 24]]],
  ['units: 1, activation: sigmoid', 'units: 3, activation: sigmoid', [['several-sigmoids', 20]]],
  ['units: 1, activation: sigmoid', 'units: 1', [['no-probabilities', 20]]],
  ['      - dense: {units: 1, activation: sigmoid}\n', '', [['no-probabilities', 19]]],
  ['activation: sigmoid}', 'activation: sigmoid}\n      - dropout: {rate: 0.1}', [['no-probabilities', 21]]],
  [', activation: sigmoid}', '}\n      - activation: {function: sigmoid}', []],
  [
    ', activation: sigmoid}\n',
    '}\n      - activation: {function: softmax}\n',
    [
      ['softmax-of-one', 20],
      ['loss-does-not-fit', 25],
    ],
  ],
  ['- dense: {units: 1, activation: sigmoid}', '- classifier', []],
  [
    '- flatten',
    '- classifier\n      - flatten',
    [
      ['dense-on-image', 17],
      ['classifier-not-last', 17],
    ],
  ],
  ['      - flatten\n', '', [['dense-on-image', 17]]],
  ['- flatten', '- batch_normalization', [['dense-on-image', 18]]],
  ['- flatten', '- flatten\n      - global_average_pooling', [['pooling-after-flatten', 18]]],
  [
    '      - flatten\n      - dense: {units: 256',
    '      - dropout: {rate: 0.1}\n      - global_average_pooling\n      - dense: {units: 256',
    [],
  ],
  ['    weights: weights/model.json\n', '', []],
  ['vgg16\n    weights: weights/model.json', 'mobilenet_v2\n    alpha: 0.35\n    image_size: 96', []],
  ['vgg16\n    weights: weights/model.json', 'layers_model', [['missing-weights', 10]]],
  ['weights/model.json', '{path: a.h5, url: "https://example.com/a.h5"}', [['one-place', 11]]],
  ['weights/model.json', '{path: a.h5, size: 3}', [['pin-of-path', 11]]],
  ['source: pictures', 'source: {url: "s3://bucket/photos", endpoint: "https://minio.example.org"}', []],
  ['source: pictures', 'source: {path: "s3://bucket/photos"}', [['bucket-as-path', 4]]],
  ['source: pictures', 'source: {url: "s3://bucket/photos", size: 3}', [['pin-of-path', 4]]],
  ['source: pictures', 'source: {url: "https://example.com/a.zip", region: eu-west-1}', [['pin-of-path', 4]]],
  ['source: pictures', 'source: {path: pictures, region: eu-west-1}', [['pin-of-path', 4]]],
  [
    'weights/model.json',
    '{url: "https://example.com/a.h5", md5: 6d6bbae143d832006294945121d1f1fc}',
    [['md5-without-size', 11]],
  ],
  ['vgg16\n    weights: weights/model.json', 'compact32', []],
  ['vgg16\n    weights: weights/model.json', 'layers_model\n    weights: imagenet', [['published-without-name', 11]]],
  ['weights: weights/model.json', 'weights: null', [['wrong-type', 11]]],
  ['vgg16\n    weights: weights/model.json', 'layers_model\n    weights: random', [['random-without-layers', 11]]],
  ['vgg16\n    weights: weights/model.json', 'mobilenet_v2\n    alpha: 0.5\n    weights: random', []],
  ['vgg16', 'resnet50\n    alpha: 0.5', [['only-one-variant', 11]]],
  ['vgg16\n    weights: weights/model.json', 'resnet50\n    image_size: 96', [['only-one-variant', 11]]],
  ['vgg16', 'mobilenet_v2\n    alpha: 0.6', [['wrong-type', 11]]],
  ['weights/model.json', 'weights/model.json\n    preprocessing: caffe', [['two-preprocessings', 12]]],
  ['vgg16', 'layers_model', []],
  [
    '    rescale: 1/255\n    zoom_range: 0.2\n  load-base:\n    architecture: vgg16',
    '  load-base:\n    architecture: layers_model',
    [],
  ],
  ['1/255', '1/0', [['wrong-type', 7]]],
  ['1/255', '-1/255', [['wrong-type', 7]]],
  ['zoom_range: 0.2', 'zoom_range: [1.2, 0.8]', [['range-upside-down', 8]]],
  ['zoom_range: 0.2', 'brightness_range: [2, 1]', [['range-upside-down', 8]]],
  ['source: pictures', 'source: pictures\n    split: {validation: 0.5, test: 0.5}', [['split-leaves-nothing', 5]]],
  ['source: pictures', 'source: models', [['export-over-source', 28]]],
  ['source: pictures', 'source: models/pets/pictures', [['export-over-source', 28]]],
  ['models/pets', 'models/pets\n  second: {uses: export, to: models}', [['shared-export-folder', 29]]],
  ['models/pets', 'models/pets\n  second: {uses: export, to: models/pets2}', []],
  ['epochs: 5', 'epochs: 5\n    schedule: cosine\n    reduce_on_plateau: {}', [['two-schedules', 27]]],
  ['epochs: 5', 'epochs: 5\n    warmup_epochs: 0.5\n    reduce_on_plateau: {}', []],
  ['epochs: 5', 'epochs: 5\n    warmup_epochs: 5', [['warmup-without-end', 26]]],
  [
    'epochs: 5',
    'epochs: 5\n    metrics: []\n    early_stopping: {monitor: val_accuracy}',
    [['monitor-not-measured', 27]],
  ],
  [
    'epochs: 5',
    'epochs: 5\n    metrics: []\n    reduce_on_plateau: {monitor: accuracy}',
    [['monitor-not-measured', 27]],
  ],
  ['epochs: 5', 'epochs: 5\n    metrics: []\n    early_stopping: {}\n    reduce_on_plateau: {monitor: loss}', []],
  ['epochs: 5', 'epochs: 5\n    early_stopping: {monitor: val_accuracy}', []],
  ['rescale: 1/255', 'rescale: 1/0', [['wrong-type', 7]]],
  ['rescale: 1/255', 'rescale: " 2 / 127.5 "', []],
  ['optimizer: adam', 'optimizer: {sgd: {clipnorm: 1, clipvalue: 2}}', [['two-limits', 23]]],
  ['optimizer: adam', 'optimizer: {sgd: {global_clipnorm: 1}}', []],
  ['epochs: 5', 'epochs: 5\n    freeze: all', [['freeze-without-from', 26]]],
  ['  evaluate:', '  tune: {uses: train, from: train, freeze: none}\n  evaluate:', []],
  [
    'activation: sigmoid}\n',
    'activation: sigmoid}\n  tune: {uses: train, from: train, loss: categorical_crossentropy}\n',
    [['loss-does-not-fit', 21]],
  ],
  ['models/pets', '.pipeline/pets', [['export-into-state', 28]]],
];

test.each(changes)('%j instead as %j', async (from, to, expected) => {
  const yaml = changed(petsYaml, from, to);
  if (expected.length === 0) {
    await expect(project.load(yaml)).resolves.toMatchObject({ name: 'pets' });
    return;
  }
  const { category, problems } = await project.refuse(yaml);
  expect(category).toBe('invalid');
  expect(problems.map(({ code, position }) => [code, position?.line])).toEqual(expected);
});

describe('warnings of a learning rate that may undo a pretrained base', () => {
  const tune = (more: string) =>
    changed(petsYaml, '  evaluate:', `  tune: {uses: train, from: train, ${more}}\n  evaluate:`);
  const warned = async (yaml: string) =>
    (await project.load(yaml)).warnings.map(({ code, position }) => [code, position?.line]);

  test.each<[string, string, number | undefined]>([
    ['the head alone', petsYaml, undefined],
    ['a block at the usual rate', tune('freeze: {until: block5_conv1}'), 26],
    [
      'a block at a rate that is written out',
      tune('freeze: {until: block5_conv1}, optimizer: {adam: {learning_rate: 0.0002}}'),
      26,
    ],
    [
      'a block at a tenth of the limit',
      tune('freeze: {until: block5_conv1}, optimizer: {adam: {learning_rate: 0.00001}}'),
      undefined,
    ],
    ['SGD, which takes larger ones', tune('freeze: none, optimizer: {sgd: {learning_rate: 0.001}}'), undefined],
    ['SGD above its own limit', tune('freeze: none, optimizer: {sgd: {}}'), 26],
    ['the head a second time', tune('freeze: all'), undefined],
    ['the head a second time, as before', tune('epochs: 2'), undefined],
    ['everything frozen by a glob', tune('freeze: ["*"]'), undefined],
    ['a freeze stage that leaves a block', changed(petsYaml, 'layers: all', 'layers: {until: block5_conv1}'), 23],
    [
      'no freeze stage',
      changed(petsYaml, '  freeze:\n    layers: all\n', '').replace('base: freeze', 'base: load-base'),
      21,
    ],
    [
      'a base that knows nothing yet',
      changed(petsYaml, '  freeze:\n    layers: all\n', '')
        .replace('base: freeze', 'base: load-base')
        .replace('weights/model.json', 'random'),
      undefined,
    ],
  ])('%s', async (_, yaml, line) => {
    expect(await warned(yaml)).toEqual(line === undefined ? [] : [['fine-tuning-rate', line]]);
  });

  test('say what would be right', async () => {
    const { warnings } = await project.load(tune('freeze: none, optimizer: {adam: {learning_rate: 0.01}}'));
    expect(formatProblems(warnings, { color: false, width: () => 200, cwd: project.root }, 'warning'))
      .toBe(`pets.yaml:26:84: warning: the learning rate 0.01 is high for adam when layers of \`load-base\` are trained: it may destroy what they have learned
  25 |     epochs: 5
  26 |   tune: {uses: train, from: train, freeze: none, optimizer: {adam: {learning_rate: 0.01}}}
     |                                                                                    ^^^^
  27 |   evaluate: {}
  expected: at most 0.0001; Keras's guides use a tenth of that
  -> write \`learning_rate: 0.00001\``);
  });
});

test.each(['../models', '/models', '.', 'models/..', 'models/../../x'])(
  'an export to %s would leave the project: unsafe',
  async (to) => {
    const { category, problems } = await project.refuse(changed(petsYaml, 'models/pets', to));
    expect([category, problems.map(({ code, position }) => [code, position?.line])]).toEqual([
      'unsafe',
      [['path-leaves-project', 28]],
    ]);
    const among = await project.refuse(changed(changed(petsYaml, 'models/pets', to), 'epochs: 5', 'epochs: 0'));
    expect(among.category).toBe('invalid');
  },
);

test('a folder whose name begins with dots lies inside the project', async () => {
  await expect(project.load(changed(petsYaml, 'models/pets', '..models'))).resolves.toBeDefined();
});

test('a base that a head takes directly is checked like one that is frozen first', async () => {
  const yaml = changed(changed(petsYaml, 'base: freeze', 'base: load-base'), '      - flatten\n', '');
  expect((await project.refuse(yaml)).problems.map(({ code }) => code)).toEqual(['dense-on-image']);
});

test.each(Object.entries(bases))(
  '%s needs weights where none come with it and none are published',
  async (name, { packaged, published, inPackage }) => {
    const known = packaged !== undefined || inPackage !== undefined || published.length > 0;
    const yaml = changed(petsYaml, 'vgg16\n    weights: weights/model.json', name);
    const found = await project.load(yaml).then(
      () => [],
      (error: { problems: { code: string }[] }) => error.problems.map(({ code }) => code),
    );
    // The images of the pipeline have the usual size.
    const size = name === 'efficientnet_v2_rw_s' ? ['base-image-size'] : [];
    expect(found).toEqual([...size, ...(known ? [] : ['missing-weights'])]);
  },
);

test.each([
  ['crop_pct: 0.9', 'stages.ingest.image.crop_pct', '`crop_pct` does not apply to `fit: stretch`'],
  ['fit: crop, fill: [1, 2, 3]', 'stages.ingest.image.fill', '`fill` does not apply to `fit: crop`'],
])('image: {%s} is refused at its field', async (image, _path, found) => {
  const yaml = changed(petsYaml, 'source: pictures', `source: pictures\n    image: {${image}}`);
  const { problems } = await project.refuse(yaml);
  expect(problems.map((problem) => problem.found)).toEqual([found]);
});

import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadPipeline } from '../../src/config/load.js';
import { PipelineError } from '../../src/core/problem.js';
import { changed, petsYaml, stageOf, testProject } from './project.js';

const project = testProject();

test('fills in defaults, writes short names out and finds the references that are left out', async () => {
  const pipeline = await project.load(petsYaml);
  expect(pipeline.stages.map(({ name, references }) => [name, references])).toEqual([
    ['ingest', {}],
    ['augment', { data: 'ingest' }],
    ['load-base', {}],
    ['freeze', { base: 'load-base' }],
    ['build-head', { base: 'freeze', data: 'ingest' }],
    ['train', { model: 'build-head', data: 'augment' }],
    ['evaluate', { model: 'train', data: 'ingest' }],
    ['export', { model: 'train', data: 'ingest' }],
  ]);
  expect(stageOf(pipeline, 'train').config).toEqual({
    data: 'augment',
    optimizer: { adam: { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 } },
    loss: 'binary_crossentropy',
    metrics: ['accuracy'],
    batch_size: 32,
    epochs: 5,
    schedule: { constant: {} },
    warmup_epochs: 0,
    l2: 0,
  });
  expect(stageOf(pipeline, 'build-head').config).toMatchObject({
    layers: [
      { flatten: {} },
      { dense: { units: 256, activation: 'relu', use_bias: true, kernel_initializer: 'glorot_uniform' } },
      { dropout: { rate: 0.5 } },
      { dense: { units: 1, activation: 'sigmoid', use_bias: true, kernel_initializer: 'glorot_uniform' } },
    ],
  });
  expect(pipeline).toMatchObject({ name: 'pets', seed: 42, engine: 'auto', features: { dtype: 'float32' } });
});

test('a default that is a short name is written out with its own defaults', async () => {
  const pipeline = await project.load(changed(petsYaml, '    optimizer: adam\n', ''));
  expect(stageOf(pipeline, 'train').config).toMatchObject({ optimizer: { adam: { learning_rate: 0.001 } } });
});

test('a value in place of a head layer’s settings is its main one', async () => {
  const long =
    '- dense: {units: 256}\n      - activation: {function: relu}\n      - dropout: {rate: 0.5}\n      - dense: {units: 1';
  const short = '- dense: 256\n      - activation: relu\n      - dropout: 0.5\n      - dense: {units: 1';
  const written = '- dense: {units: 256, activation: relu}\n      - dropout: {rate: 0.5}\n      - dense: {units: 1';
  const [one, other] = [
    await project.load(changed(petsYaml, written, long)),
    await project.load(changed(petsYaml, written, short)),
  ];
  expect(other.stages).toEqual(one.stages);
  const wrong = await project.complaint(changed(petsYaml, 'dropout: {rate: 0.5}', 'dropout: 1.5'));
  expect(wrong).toContain('pets.yaml:19:18: `rate` is 1.5');
  expect(wrong).toContain('expected: a number from 0 to below 1');
  expect(await project.complaint(changed(petsYaml, 'dropout: {rate: 0.5}', 'dropout: [0.5]'))).toContain(
    'expected: a number from 0 to below 1, or a mapping of `rate`',
  );
});

test('`imagenet` weights are left out, from the file, a --set or a matrix', async () => {
  const without = await project.load(changed(petsYaml, '    weights: weights/model.json\n', ''));
  const named = changed(petsYaml, 'weights/model.json', 'imagenet');
  expect((await project.load(named)).stages).toEqual(without.stages);
  expect(
    (await project.load(petsYaml, { set: ['stages.load-base.weights=imagenet'], cwd: join(project.root, 'elsewhere') }))
      .stages,
  ).toEqual(without.stages);
  const swept = await project.load(
    `${petsYaml}matrix:\n  start: {field: stages.load-base.weights, values: [imagenet, random]}\n`,
  );
  expect(stageOf(swept, 'load-base@start-imagenet').config).toEqual(stageOf(without, 'load-base').config);
});

test('with `uses`, a stage can have any name, even that of another kind', async () => {
  const pipeline = await project.load(
    'version: 1\nstages:\n  pets: {uses: ingest, source: a}\n  train: {uses: ingest, source: b}\n',
  );
  expect(pipeline.stages.map(({ name, kind }) => [name, kind])).toEqual([
    ['pets', 'ingest'],
    ['train', 'ingest'],
  ]);
});

test('paths start from the folder of the file, or from the one above pipelines/', async () => {
  const yaml = 'version: 1\nstages:\n  ingest: {source: a}\n';
  const beside = await loadPipeline(await project.write('a/my pets.yaml', yaml));
  const above = await loadPipeline(await project.write('b/pipelines/pets.yaml', yaml));
  expect([beside.root, above.root]).toEqual([join(project.root, 'a'), join(project.root, 'b')]);
  expect(beside.name).toBe('my-pets');
});

test('a file below node_modules writes into the project of the call, any other into its own', async () => {
  const yaml = 'version: 1\nstages:\n  ingest: {source: a}\n';
  const recipe = await project.write('node_modules/recipes/pipelines/pets.yaml', yaml);
  const placesFrom = async (file: string, cwd: string) => {
    const { root, home } = await loadPipeline(file, { cwd });
    return [root, home];
  };
  const packaged = join(project.root, 'node_modules/recipes');
  expect(await placesFrom(recipe, project.root)).toEqual([packaged, project.root]);
  expect(await placesFrom(recipe, join(project.root, 'b/pipelines'))).toEqual([packaged, join(project.root, 'b')]);
  expect(await placesFrom(recipe, packaged)).toEqual([packaged, packaged]);
  const ordinary = await project.write('my_node_modules/pets.yaml', yaml);
  const own = join(project.root, 'my_node_modules');
  expect(await placesFrom(ordinary, project.root)).toEqual([own, own]);
});

test('locates fields, also those that stand in short or are filled in, but not those of the command line', async () => {
  const pipeline = await project.load(petsYaml, { set: ['stages.train.epochs=7'] });
  expect(pipeline.locator.at(['stages', 'augment', 'zoom_range']).position).toMatchObject({
    line: 8,
    column: 17,
    length: 3,
  });
  expect(pipeline.locator.at(['stages', 'build-head', 'layers', 0, 'flatten']).position).toMatchObject({
    line: 17,
    column: 9,
    length: 7,
  });
  expect(pipeline.locator.at(['stages', 'train', 'optimizer', 'adam', 'epsilon']).position).toMatchObject({
    line: 23,
    column: 16,
    length: 4,
  });
  expect(pipeline.locator.at(['stages', 'train', 'batch_size']).position).toMatchObject({
    line: 21,
    column: 3,
    length: 5,
  });
  expect(pipeline.locator.at(['stages', 'train', 'epochs'])).toEqual({ where: '--set stages.train.epochs=7' });
});

test('reports all problems of a file at once, in the order of the file', async () => {
  const yaml = `version: 1
stages:
  ingest:
    source: pictures
  load-base: {architecture: vgg61, weights: w.json}
  build-head:
    base: load-bas
    layers:
      - flatten
      - dense: {units: 0, activation: sigmoid}
      - dropout: {}
  train:
    epocs: 5
    batch_size: "32"
    batch_size: 16
  exprt:
    to: models/pets
`;
  expect(await project.complaint(yaml)).toBe(`pets.yaml:5:29: \`architecture\` is the string "vgg61"
  4 |     source: pictures
  5 |   load-base: {architecture: vgg61, weights: w.json}
    |                             ^^^^^
  6 |   build-head:
  expected: \`vgg16\`, \`vgg19\`, \`mobilenet_v2\`, \`resnet50\`, \`compact32\`, \`efficientnet_lite0\`, \`mobilenet_v3_large\`,
            \`mobilenet_v4_conv_small\`, \`efficientnet_v2_rw_s\`, \`convnext_tiny\`, \`resnet50_timm\`, \`vit_small\`,
            \`dinov2_small\`, \`dinov2_base\`, \`siglip_base\`, \`clip_vit_b32\`, \`tf_efficientnet_lite0\`, \`layers_model\` or
            \`onnx\`
  -> did you mean \`vgg16\`?

pets.yaml:7:11: there is no stage \`load-bas\`
  6 |   build-head:
  7 |     base: load-bas
    |           ^^^^^^^^
  8 |     layers:
  expected: a stage with a base: \`load-base\`
  -> did you mean \`load-base\`?

pets.yaml:10:24: \`units\` is 0
   9 |       - flatten
  10 |       - dense: {units: 0, activation: sigmoid}
     |                        ^
  11 |       - dropout: {}
  expected: an integer from 1 to 1000000

pets.yaml:11:9: \`dropout\` has no \`rate\`
  10 |       - dense: {units: 0, activation: sigmoid}
  11 |       - dropout: {}
     |         ^^^^^^^
  12 |   train:
  expected: a number from 0 to below 1
  -> add \`rate:\`

pets.yaml:13:5: unknown field \`epocs\` in \`train\`
  12 |   train:
  13 |     epocs: 5
     |     ^^^^^
  14 |     batch_size: "32"
  expected: one of \`uses\`, \`model\`, \`from\`, \`freeze\`, \`data\`, \`optimizer\`, \`loss\`, \`metrics\`, \`batch_size\`, \`epochs\`,
            \`schedule\`, \`warmup_epochs\`, \`reduce_on_plateau\`, \`l2\`, \`class_weight\`, \`early_stopping\` or \`seed\`
  -> did you mean \`epochs\`?

pets.yaml:14:17: \`batch_size\` is the string "32"
  13 |     epocs: 5
  14 |     batch_size: "32"
     |                 ^^^^
  15 |     batch_size: 16
  expected: an integer from 1 to 65536
  -> remove the quotes: 32

pets.yaml:15:5: \`stages.train.batch_size\` appears twice, first on line 14
  14 |     batch_size: "32"
  15 |     batch_size: 16
     |     ^^^^^^^^^^
  16 |   exprt:
  expected: each name once
  -> remove one of them

pets.yaml:16:3: \`exprt\` is not a kind of stage
  15 |     batch_size: 16
  16 |   exprt:
     |   ^^^^^
  17 |     to: models/pets
  expected: one of the kinds \`augment\`, \`build-head\`, \`evaluate\`, \`export\`, \`freeze\`, \`ingest\`, \`load-base\` or \`train\`,
            or another name with \`uses:\` and the kind
  -> did you mean \`export\`?`);
});

test('a file that is not there is an invalid call that names what is near, one that cannot be read an input-output failure', async () => {
  await project.write('near/cats-dogs.yaml', petsYaml);
  const load = (name: string) => loadPipeline(join(project.root, 'near', name)).catch((error: unknown) => error);
  const missing = await load('cat-dogs.yaml');
  expect(missing).toMatchObject({
    category: 'invalid',
    problems: [{ code: 'no-such-file', remedy: `did you mean \`${join(project.root, 'near', 'cats-dogs.yaml')}\`?` }],
  });
  expect(await load('.')).toMatchObject({ category: 'invalid', problems: [{ found: 'is a folder' }] });
  expect(missing).toBeInstanceOf(PipelineError);
});

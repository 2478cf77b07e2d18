import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { changed, petsYaml, stageOf, testProject } from './project.js';

const project = testProject();

test('sets fields of stages and of the file, creating what is not there', async () => {
  const set = [
    'name=other',
    'seed=7',
    'engine=tfjs',
    'features.dtype=float16',
    'stages.train.epochs=10',
    'stages.train.epochs=11',
    'stages.train.early_stopping.patience=3',
    'stages.train.optimizer.adam.learning_rate=0.01',
    'stages.train.class_weight={cats: 2}',
    'stages.build-head.layers.1.dense.units=64',
    'stages.freeze.layers.until=block5_conv1',
    'stages.evaluate.minimum.accuracy=0.9',
  ];
  const pipeline = await project.load(petsYaml, { set });
  expect(pipeline).toMatchObject({ name: 'other', seed: 7, engine: 'tfjs', features: { dtype: 'float16' } });
  expect(stageOf(pipeline, 'train').config).toMatchObject({
    epochs: 11,
    early_stopping: { patience: 3, monitor: 'val_loss' },
    optimizer: { adam: { learning_rate: 0.01, beta_1: 0.9 } },
    class_weight: { cats: 2 },
  });
  expect(stageOf(pipeline, 'build-head').config).toMatchObject({
    layers: [{ flatten: {} }, { dense: { units: 64, activation: 'relu' } }, {}, {}],
  });
  expect(stageOf(pipeline, 'freeze').config).toMatchObject({ layers: { until: 'block5_conv1' } });
  expect(stageOf(pipeline, 'evaluate').config).toMatchObject({ minimum: { accuracy: 0.9 } });
});

test('settings of an optimizer that the file leaves out take the place of the default one', async () => {
  const yaml = changed(petsYaml, '    optimizer: adam\n', '');
  const pipeline = await project.load(yaml, { set: ['stages.train.optimizer.sgd.momentum=0.9'] });
  expect(stageOf(pipeline, 'train').config).toMatchObject({
    optimizer: { sgd: { momentum: 0.9, learning_rate: 0.01 } },
  });
  const named = await project.load(petsYaml, { set: ['stages.train.optimizer=rmsprop'] });
  expect(stageOf(named, 'train').config).toMatchObject({ optimizer: { rmsprop: { rho: 0.9 } } });
});

test('paths start from where the command was given, in the file from the project', async () => {
  const cwd = join(project.root, 'elsewhere');
  const file = join(project.root, 'pets.yaml');
  const set = ['stages.ingest.source=../my: pets #2', 'stages.load-base.weights={path: w/model.json}'];
  const pipeline = await project
    .load(petsYaml, { set: [...set, 'stages.train.seed=3'] })
    .then(() => import('../../src/config/load.js').then(({ loadPipeline }) => loadPipeline(file, { cwd, set })));
  expect(stageOf(pipeline, 'ingest').config).toMatchObject({ source: join(project.root, 'my: pets #2') });
  expect(stageOf(pipeline, 'load-base').config).toMatchObject({ weights: { path: join(cwd, 'w/model.json') } });
  expect(stageOf(pipeline, 'export').config).toMatchObject({ to: 'models/pets' });
});

test('`random` weights are a word, not a path', async () => {
  const pipeline = await project.load(petsYaml, { set: ['stages.load-base.weights=random'] });
  expect(stageOf(pipeline, 'load-base').config).toMatchObject({ weights: 'random' });
});

test('a path may be a number or stand in quotes', async () => {
  const sources = await Promise.all(
    ['2024', '"2024"'].map(
      async (text) => stageOf(await project.load(petsYaml, { set: [`stages.ingest.source=${text}`] }), 'ingest').config,
    ),
  );
  expect(sources).toEqual([1, 2].map(() => expect.objectContaining({ source: join(project.root, '2024') })));
});

test('names what is wrong with what was set, and the nearest field there is', async () => {
  const set = [
    'stages.train.epocs=10',
    'stages.trian.epochs=10',
    'stages.train.optimizer.adam.rate=1',
    'stages.build-head.layers.9.dense.units=3',
    'stages.build-head.layers.first=3',
    'sed=7',
    'stages.train.epochs.value=1',
    'stages.train.epochs',
    'stages.train.epochs=[1',
    'stages.train.batch_size=0',
  ];
  expect(await project.complaint(petsYaml, { set }))
    .toBe(`--set stages.train.epocs=10: \`stages.train\` has no field \`epocs\`
  expected: one of \`uses\`, \`model\`, \`from\`, \`freeze\`, \`data\`, \`optimizer\`, \`loss\`, \`metrics\`, \`batch_size\`, \`epochs\`,
            \`schedule\`, \`warmup_epochs\`, \`reduce_on_plateau\`, \`l2\`, \`class_weight\`, \`early_stopping\` or \`seed\`
  -> did you mean \`stages.train.epochs\`?

--set stages.trian.epochs=10: the pipeline has no stage \`trian\`
  expected: one of its stages: \`ingest\`, \`augment\`, \`load-base\`, \`freeze\`, \`build-head\`, \`train\`, \`evaluate\` or \`export\`
  -> did you mean \`stages.train.epochs\`?

--set stages.train.optimizer.adam.rate=1: \`stages.train.optimizer.adam\` has no field \`rate\`
  expected: one of \`learning_rate\`, \`beta_1\`, \`beta_2\`, \`epsilon\`, \`clipnorm\`, \`global_clipnorm\` or \`clipvalue\`

--set stages.build-head.layers.9.dense.units=3: \`stages.build-head.layers\` has no item 9
  expected: 0 to 3

--set stages.build-head.layers.first=3: \`stages.build-head.layers\` has no field \`first\`
  expected: the index of an item, counted from 0

--set sed=7: the pipeline has no field \`sed\`
  expected: one of \`$schema\`, \`version\`, \`name\`, \`description\`, \`seed\`, \`engine\`, \`features\`, \`cache\`, \`matrix\`,
            \`cross_validation\` or \`stages\`
  -> did you mean \`seed\`?

--set stages.train.epochs.value=1: \`stages.train.epochs\` has no fields

--set stages.train.epochs: there is no \`=\`
  expected: a field, \`=\` and a value, for example \`stages.train.epochs=10\`

--set stages.train.epochs=[1: this is not valid YAML: Flow sequence must end with a ]
  -> quote the value for YAML, and again for the shell

--set stages.train.batch_size=0: \`batch_size\` is 0
  expected: an integer from 1 to 65536`);
});

test('a second optimizer, next to the one in the file, is reported for the command line', async () => {
  const { problems } = await project.refuse(petsYaml, { set: ['stages.train.optimizer.sgd.momentum=0.9'] });
  expect(problems.map(({ code, position }) => [code, position?.line])).toEqual([['too-many', 23]]);
});

test.each([
  '__proto__.x=1',
  'stages.train.constructor.y=1',
  'stages.train.class_weight={__proto__: 1}',
  'seed=&a [*a]',
])('refuses --set %s as unsafe', async (text) => {
  const { category, problems } = await project.refuse(petsYaml, { set: [text] });
  expect([category, problems[0].where]).toEqual(['unsafe', `--set ${text}`]);
});

test.each([
  ['stages.train.epochs=', 'write a value after the `=`, or omit the option'],
  ['stages.evaluate=', 'write `{}` after the `=`'],
  ['stages.train={epochs: }', 'write a value after `epochs:`, or remove the line'],
  ['stages.train.lr=0.1', 'did you mean `stages.train.optimizer.adam.learning_rate`?'],
])('--set %s: the remedy says what to write where', async (set, remedy) => {
  const { problems } = await project.refuse(petsYaml, { set: [set] });
  expect(problems.map((problem) => [problem.where, problem.remedy])).toEqual([[`--set ${set}`, remedy]]);
});

test('a training that is set to continue from itself is the one problem, not what others then lack', async () => {
  const { problems } = await project.refuse(petsYaml, {
    set: ['stages.train.from=train', 'stages.evaluate={}', 'stages.export={to: a}'],
  });
  expect(problems.filter(({ code }) => code !== 'two-models').map(({ code, where }) => [code, where])).toEqual([
    ['cycle', '--set stages.train.from=train'],
  ]);
});

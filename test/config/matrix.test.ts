/** A matrix multiplies the stages that its axes reach, and its problems are reported in its own place. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { baseOf, isVariantOf } from '../../src/config/variants.js';
import { changed, petsYaml, stageOf, testProject } from './project.js';

const project = testProject();

const units = 'units: {field: stages.build-head.layers.1.dense.units, values: [64, 128, 256]}';
const rate = 'rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.001, 0.0003]}';

/** The pets with a matrix of these axes. */
function swept(...axes: string[]): string {
  return changed(petsYaml, 'stages:\n', `matrix:\n${axes.map((axis) => `  ${axis}\n`).join('')}stages:\n`);
}

const names = async (yaml: string, set: string[] = []) =>
  (await project.load(yaml, { set })).stages.map(({ name }) => name);

test('only the stages that an axis reaches are multiplied, each by its own axes', async () => {
  const pipeline = await project.load(swept(units, rate));
  const trained = ['64', '128', '256'].flatMap((width) => [`units-${width},rate-0.001`, `units-${width},rate-0.0003`]);
  expect(pipeline.stages.map(({ name }) => name)).toEqual([
    'ingest',
    'augment',
    'load-base',
    'freeze',
    'build-head@units-64',
    'build-head@units-128',
    'build-head@units-256',
    ...['train', 'evaluate', 'export'].flatMap((stage) => trained.map((label) => `${stage}@${label}`)),
  ]);
  expect(pipeline.variants.get('train@units-128,rate-0.0003')).toMatchObject({
    base: 'train',
    values: { units: 128, rate: 0.0003 },
  });
  expect(pipeline.variants.get('build-head@units-64')).toMatchObject({ base: 'build-head', values: { units: 64 } });
  expect(pipeline.variants.has('freeze')).toBe(false);
});

test('variants hold their values, read the variants that match, and export into folders of their own', async () => {
  const pipeline = await project.load(swept(units, rate));
  const train = stageOf(pipeline, 'train@units-128,rate-0.0003');
  expect(train.references).toEqual({ model: 'build-head@units-128', data: 'augment' });
  expect(train.config).toMatchObject({ optimizer: { adam: { learning_rate: 0.0003, beta_1: 0.9 } }, epochs: 5 });
  expect(stageOf(pipeline, 'build-head@units-128').config).toMatchObject({
    layers: [{}, { dense: { units: 128, activation: 'relu' } }, {}, {}],
  });
  expect(stageOf(pipeline, 'evaluate@units-128,rate-0.0003').references).toEqual({ model: train.name, data: 'ingest' });
  expect(stageOf(pipeline, 'export@units-128,rate-0.0003')).toMatchObject({
    references: { model: train.name },
    config: { to: 'models/pets/units-128,rate-0.0003' },
  });
});

test('an axis of a stage at the end leaves those before it single', async () => {
  const threshold = 'threshold: {field: stages.evaluate.threshold, values: [0.4, 0.5]}';
  expect((await names(swept(threshold))).slice(4)).toEqual([
    'build-head',
    'train',
    'evaluate@threshold-0.4',
    'evaluate@threshold-0.5',
    'export',
  ]);
});

test('an axis may choose what a stage reads', async () => {
  const yaml = changed(
    swept('base: {field: stages.freeze.base, values: [load-base, other]}'),
    '  freeze:\n',
    '  other: {uses: load-base, architecture: compact32}\n  freeze:\n    base: other\n',
  );
  const pipeline = await project.load(yaml);
  expect(stageOf(pipeline, 'freeze@base-load-base').references).toEqual({ base: 'load-base' });
  expect(stageOf(pipeline, 'freeze@base-other').references).toEqual({ base: 'other' });
  expect(stageOf(pipeline, 'train@base-other').references).toMatchObject({ model: 'build-head@base-other' });
});

test('a field that the file leaves to the matrix need not be there', async () => {
  const yaml = changed(swept(units), '{units: 256, activation: relu}', '{activation: relu}');
  expect(stageOf(await project.load(yaml), 'build-head@units-64').config).toMatchObject({
    layers: [{}, { dense: { units: 64 } }, {}, {}],
  });
});

test('values are made safe for the names of files', async () => {
  const axis = 'shift: {field: stages.augment.cval, values: [0, 2.5, 1e-7]}';
  expect((await names(swept(axis))).filter((name) => baseOf(name) === 'augment')).toEqual([
    'augment@shift-0',
    'augment@shift-2.5',
    'augment@shift-1e-7',
  ]);
  const flip = 'flip: {field: stages.augment.horizontal_flip, values: [true, false]}';
  expect(await names(swept(flip))).toContain('train@flip-true');
  const source = 'source: {field: stages.ingest.source, values: ["a/b c", "-3", "./ü"]}';
  expect((await names(swept(source))).slice(0, 3)).toEqual([
    'ingest@source-a-b-c',
    'ingest@source--3',
    'ingest@source-.-',
  ]);
});

test('names never leave the letters that files may have, whatever the values', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.oneof(fc.string({ maxLength: 12 }), fc.double({ noNaN: true, noDefaultInfinity: true })), {
        minLength: 1,
        maxLength: 3,
      }),
      async (values) => {
        const yaml = swept(`a: {field: stages.export.to, values: ${JSON.stringify(values)}}`);
        const loaded = await names(yaml).catch(() => []);
        for (const name of loaded.filter((one) => isVariantOf(one, 'export')))
          expect(name).toMatch(/^export@a-[A-Za-z0-9._-]*$/);
        expect(new Set(loaded.map((name) => name.toLowerCase())).size).toBe(loaded.length);
      },
    ),
    { numRuns: 50 },
  );
});

test('--set reaches the matrix, and the fields beside it', async () => {
  const pipeline = await project.load(swept(units, rate), {
    set: ['matrix.units.values=[32]', 'stages.train.epochs=3'],
  });
  expect(
    pipeline.stages
      .filter(({ kind }) => kind === 'train')
      .map(({ name, config }) => [name, 'epochs' in config && config.epochs]),
  ).toEqual([
    ['train@units-32,rate-0.001', 3],
    ['train@units-32,rate-0.0003', 3],
  ]);
  expect(await names(swept(units), ['matrix={}'])).toEqual(await names(petsYaml));
  const set = ['matrix.width.field=stages.build-head.layers.1.dense.units', 'matrix.width.values=[8, 9]'];
  expect(await names(petsYaml, set)).toContain('export@width-9');
});

test('a --set of a field that an axis sets is refused, since it would change nothing', async () => {
  const set = ['stages.build-head.layers.1.dense.units=5'];
  expect(await project.complaint(swept(units), { set }))
    .toBe(`--set stages.build-head.layers.1.dense.units=5: the axis \`units\` of the matrix sets \`stages.build-head.layers.1.dense.units\`
  -> set \`matrix.units.values=[...]\` instead, or remove all variants with \`matrix={}\``);
});

test('reports each bad value once, at its place in the matrix', async () => {
  const yaml = swept('units: {field: stages.build-head.layers.1.dense.units, values: [64, 0, wide]}', rate);
  expect(await project.complaint(yaml)).toBe(`pets.yaml:3:71: \`units\` is 0
  2 | matrix:
  3 |   units: {field: stages.build-head.layers.1.dense.units, values: [64, 0, wide]}
    |                                                                       ^
  4 |   rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.001, 0.0003]}
  expected: an integer from 1 to 1000000

pets.yaml:3:74: \`units\` is the string "wide"
  2 | matrix:
  3 |   units: {field: stages.build-head.layers.1.dense.units, values: [64, 0, wide]}
    |                                                                          ^^^^
  4 |   rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.001, 0.0003]}
  expected: an integer from 1 to 1000000`);
  const { problems } = await project.refuse(swept(units), { set: ['matrix.units.values=[0]'] });
  expect(problems.map(({ where, found }) => [where, found])).toEqual([
    ['--set matrix.units.values=[0]', '`units` is 0'],
  ]);
});

test('reports what is wrong with the file itself once, as without a matrix', async () => {
  const yaml = changed(swept(units, rate), '    epochs: 5\n', '    epocs: 5\n');
  const { problems } = await project.refuse(yaml);
  expect(problems.map(({ found, position }) => [found, position?.line])).toEqual([
    ['unknown field `epocs` in `train`', 28],
  ]);
});

test('names the variant of a problem if its place does not show it', async () => {
  const activation = 'last: {field: stages.build-head.layers.3.dense.activation, values: [sigmoid, softmax]}';
  const found = (await project.refuse(swept(activation))).problems.map(({ code, ...problem }) => [code, problem.found]);
  expect(found).toContainEqual(['softmax-of-one', 'with `last` softmax, a softmax of 1 unit is 1 for every image']);
});

test.each([
  ['units: {field: stages.biuld-head.layers.1.dense.units, values: [1]}', 'unknown-matrix-field', 'field'],
  ['units: {field: stages.build-head.layers.9.dense.units, values: [1]}', 'unknown-matrix-field', 'field'],
  ['units: {field: stages.train.epocs, values: [1]}', 'unknown-matrix-field', 'field'],
  ['units: {field: seed, values: [1]}', 'wrong-type', 'field'],
  ['units: {field: stages.train.epochs, values: []}', 'wrong-type', 'values'],
  ['units: {field: stages.train.epochs, values: [1, 1]}', 'duplicate-item', 'values'],
  ['units: {field: stages.train.epochs, values: [[1]]}', 'wrong-type', 'values'],
  ['units: {field: stages.train.epochs, values: [1, "1"]}', 'same-variant-name', 'values'],
  ['units: {field: stages.train.epochs}', 'missing-field', 'units'],
  ['a-b: {field: stages.train.epochs, values: [1]}', 'bad-name', 'a-b'],
])('refuses %s as %s', async (axis, code, at) => {
  const { problems } = await project.refuse(swept(axis));
  const [problem] = problems.filter((one) => one.code === code);
  expect(problem?.position?.line).toBe(3);
  expect(problem.position!.column).toBeGreaterThan(swept(axis).split('\n')[2].indexOf(at));
});

test('an unknown field names the nearest', async () => {
  const { problems } = await project.refuse(swept('epochs: {field: stages.trian.epochs, values: [1]}'));
  expect(problems.map(({ found, remedy }) => [found, remedy])).toEqual([
    ['the pipeline has no stage `trian`', 'did you mean `stages.train.epochs`?'],
  ]);
});

test('axes that set one field, and more variants than anyone trains, are refused', async () => {
  const both = await project.refuse(swept(units, 'width: {field: stages.build-head.layers.1.dense, values: [1]}'));
  expect(both.problems.map(({ code, found }) => [code, found])).toContainEqual([
    'overlapping-axes',
    '`width` and `units` (line 3) set the same field',
  ]);
  const values = `[${Array.from({ length: 40 }, (_, i) => i + 1).join(', ')}]`;
  const many = swept(
    `a: {field: stages.train.epochs, values: ${values}}`,
    `b: {field: stages.train.batch_size, values: ${values}}`,
  );
  expect((await project.refuse(many)).problems.map(({ code, position }) => [code, position?.line])).toEqual([
    ['too-many-variants', 2],
  ]);
  const long = `[${'x'.repeat(200)}]`;
  expect(
    (await project.refuse(swept(`a: {field: stages.export.to, values: ${long}}`))).problems.map(({ code }) => code),
  ).toEqual(['variant-name-too-long']);
});

test('a field that no file may hold is refused as unsafe', async () => {
  const { category } = await project.refuse(swept('a: {field: stages.train.class_weight.__proto__, values: [1]}'));
  expect(category).toBe('unsafe');
});

test('a variant’s field stands where its value does, another where the file has it', async () => {
  const pipeline = await project.load(swept(units, rate));
  const at = (stage: string, ...path: (string | number)[]) => pipeline.locator.variant(stage).at(path).position;
  expect(at('build-head@units-128', 'layers', 1, 'dense', 'units')).toMatchObject({ line: 3, column: 71 });
  expect(at('train@units-128,rate-0.0003', 'epochs')).toEqual(at('train', 'epochs'));
  expect(at('train@units-128,rate-0.0003', 'optimizer', 'adam', 'learning_rate')).toMatchObject({ line: 4 });
});

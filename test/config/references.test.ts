import { expect, test } from '@jest/globals';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();

test('a reference to a stage that is not there names the nearest that fits', async () => {
  expect(await project.complaint(changed(petsYaml, 'data: augment', 'data: augmnt')))
    .toBe(`pets.yaml:22:11: there is no stage \`augmnt\`
  21 |   train:
  22 |     data: augmnt
     |           ^^^^^^
  23 |     optimizer: adam
  expected: a stage with images: \`ingest\` or \`augment\`
  -> did you mean \`augment\`?`);
});

test('a reference to the wrong kind of stage says what that is and what would fit', async () => {
  const yaml = changed(petsYaml, '  evaluate: {}', '  evaluate: {model: build-head}');
  expect(await project.complaint(yaml))
    .toBe(`pets.yaml:26:21: \`build-head\` is a build-head stage, which provides no trained model
  25 |     epochs: 5
  26 |   evaluate: {model: build-head}
     |                     ^^^^^^^^^^
  27 |   export:
  expected: a stage with a trained model: \`train\`
  -> write \`model: train\``);
});

test('a reference that is left out has to have one stage that fits', async () => {
  const yaml = changed(
    changed(petsYaml, '    data: augment\n', ''),
    '  load-base:',
    '  other: {uses: augment, data: ingest}\n  load-base:',
  );
  expect(await project.complaint(yaml))
    .toBe(`pets.yaml:22:3: \`train\` needs a stage with images as \`data\`, and 2 qualify: \`augment\` and \`other\`
  21 |       - dense: {units: 1, activation: sigmoid}
  22 |   train:
     |   ^^^^^
  23 |     optimizer: adam
  -> write \`data:\` followed by one of these names`);

  expect(await project.complaint('version: 1\nstages:\n  freeze: {layers: all}\n'))
    .toBe(`pets.yaml:3:3: \`freeze\` needs a stage with a base as \`base\`, but there is none
  2 | stages:
  3 |   freeze: {layers: all}
    |   ^^^^^^
  -> add a stage of kind \`load-base\``);
});

test('train and build-head take the end of the only chain', async () => {
  const short = changed(changed(petsYaml, '    data: augment\n', ''), '    base: freeze\n', '');
  const longer = changed(short, '  load-base:', '  more: {uses: augment, data: augment, shear_range: 3}\n  load-base:');
  const references = async (yaml: string) => {
    const { stages } = await project.load(yaml);
    return Object.fromEntries(stages.map((stage) => [stage.name, stage.references]));
  };
  expect(await references(short)).toMatchObject({ train: { data: 'augment' }, 'build-head': { base: 'freeze' } });
  expect(await references(longer)).toMatchObject({ train: { data: 'more' }, more: { data: 'augment' } });
});

test('evaluate, export and build-head take the images from where they come from, however they are augmented', async () => {
  const second = changed(
    petsYaml,
    '  load-base:',
    '  more: {uses: augment, data: augment, shear_range: 3}\n  load-base:',
  );
  const { stages } = await project.load(changed(second, 'data: augment\n    optimizer', 'data: more\n    optimizer'));
  const data = Object.fromEntries(stages.map(({ name, references }) => [name, references.data]));
  expect(data).toMatchObject({
    'build-head': 'ingest',
    evaluate: 'ingest',
    export: 'ingest',
    more: 'augment',
    augment: 'ingest',
    train: 'more',
  });
});

const twoTrainings = changed(
  petsYaml,
  '  evaluate:',
  '  tune: {uses: train, from: train, freeze: all, data: augment}\n  evaluate:',
);

test('a training that continues from another one needs no model, and what follows takes the last of them', async () => {
  const { stages } = await project.load(twoTrainings);
  const references = Object.fromEntries(stages.map((stage) => [stage.name, stage.references]));
  expect(references).toMatchObject({
    train: { model: 'build-head', data: 'augment' },
    evaluate: { model: 'tune' },
    export: { model: 'tune' },
  });
  expect(references.tune).toEqual({ from: 'train', data: 'augment' });
  expect(references.train).not.toHaveProperty('from');
});

test('two trainings of their own are not a chain', async () => {
  const yaml = changed(petsYaml, '  evaluate:', '  other: {uses: train, data: augment}\n  evaluate:');
  const { problems } = await project.refuse(yaml);
  expect(problems.map(({ code, position }) => [code, position?.line])).toEqual([
    ['ambiguous-reference', 27],
    ['ambiguous-reference', 28],
  ]);
});

test('`from` replaces `model`, and accepts only a training', async () => {
  expect(await project.complaint(changed(twoTrainings, 'freeze: all', 'model: build-head')))
    .toBe(`pets.yaml:26:29: \`from\` and \`model\` cannot be used together
  25 |     epochs: 5
  26 |   tune: {uses: train, from: train, model: build-head, data: augment}
     |                             ^^^^^
  27 |   evaluate: {}
  expected: exactly one of them
  -> remove \`model\`: the stage in \`from\` provides the model`);
  const { problems } = await project.refuse(changed(twoTrainings, 'from: train', 'from: build-head'));
  expect(problems.map(({ code, found }) => [code, found])).toEqual([
    ['wrong-stage', '`build-head` is a build-head stage, which provides no trained model'],
  ]);
});

test('trainings that continue from each other in a cycle are reported', async () => {
  const { problems } = await project.refuse(changed(twoTrainings, 'from: train', 'from: tune'));
  expect(problems.map(({ code }) => code)).toContain('cycle');
});

test('says nothing of references that are left out while a kind is unknown', async () => {
  const { problems } = await project.refuse(
    changed(petsYaml, '  ingest:', '  ingset:').replace('data: ingest', 'data: ingset'),
  );
  expect(problems.map(({ code }) => code)).toEqual(['unknown-kind']);
});

test('a cycle is named in order, with the places of its references', async () => {
  const yaml = `version: 1
stages:
  ingest: {source: pictures}
  one: {uses: augment, data: three}
  two: {uses: augment, data: one}
  three: {uses: augment, data: two}
`;
  expect(await project.complaint(yaml)).toBe(`pets.yaml:5:30: these stages form a cycle: one -> three -> two -> one
  4 |   one: {uses: augment, data: three}
  5 |   two: {uses: augment, data: one}
    |                              ^^^
  6 |   three: {uses: augment, data: two}
  expected: a stage that does not depend on this one; \`one\` reads \`three\` (line 4); \`three\` reads \`two\` (line 6)
  -> change \`data\` to another stage`);
});

test('a stage that reads itself is a cycle too, also where it is of the wrong kind', async () => {
  const yaml =
    'version: 1\nstages:\n  ingest: {source: a}\n  augment: {data: augment}\n  evaluate: {model: evaluate}\n  train: {}\n';
  const { problems } = await project.refuse(yaml);
  expect(problems.map(({ code, found, position }) => [position?.line, code, found])).toEqual([
    [4, 'cycle', '`augment` reads itself: augment -> augment'],
    [5, 'wrong-stage', '`evaluate` is an evaluate stage, which provides no trained model'],
    [5, 'cycle', '`evaluate` reads itself: evaluate -> evaluate'],
    [6, 'no-stage-for-reference', '`train` needs a stage with a model to train as `model`, but there is none'],
  ]);
});

test('two cycles that share a stage are both reported', async () => {
  const yaml = `version: 1
stages:
  ingest: {source: a}
  train: {model: build-head, data: ingest}
  build-head: {base: train, data: train, layers: [classifier]}
`;
  const { problems } = await project.refuse(yaml);
  expect(problems.filter(({ code }) => code === 'cycle').map(({ found }) => found)).toEqual([
    'these stages form a cycle: train -> build-head -> train',
    'these stages form a cycle: train -> build-head -> train',
  ]);
});

test('a long row of stages is walked without a deep stack', async () => {
  const stages = Array.from(
    { length: 2000 },
    (_, index) => `  s${index}: {uses: freeze, layers: all, base: ${index === 0 ? 'b' : `s${index - 1}`}}`,
  );
  const yaml = `version: 1\nstages:\n  b: {uses: load-base, architecture: compact32}\n${stages.join('\n')}\n`;
  expect((await project.load(yaml)).stages).toHaveLength(2001);
});

/** Cross-validation makes a stage per fold of what trains and of what measures it; everything else stays single. */
import { expect, test } from '@jest/globals';
import type { Pipeline } from '../../src/config/pipeline.js';
import { buildGraph } from '../../src/runner/graph.js';
import { stages as table } from '../../src/stages/index.js';
import { changed, petsYaml, stageOf, testProject } from './project.js';

const project = testProject();

/** The pets with these fields before the stages. */
function folded(fields = 'cross_validation: {folds: 3}', yaml = petsYaml): string {
  return changed(yaml, 'stages:\n', `${fields}\nstages:\n`);
}

const names = ({ stages }: Pipeline) => stages.map(({ name }) => name);
const of = (stage: string) => [1, 2, 3].map((fold) => `${stage}@fold-${fold}`);

test('trainings and their evaluations are made per fold, beside the stages of the file', async () => {
  const pipeline = await project.load(folded());
  expect(names(pipeline)).toEqual([
    ...['ingest', 'augment', 'load-base', 'freeze', 'build-head'],
    ...[...of('train'), 'train', ...of('evaluate'), 'evaluate', 'export'],
  ]);
  expect(stageOf(pipeline, 'train@fold-2')).toMatchObject({
    references: { model: 'build-head', data: 'augment' },
    part: { kind: 'fold', fold: 2, folds: 3 },
  });
  expect(stageOf(pipeline, 'evaluate@fold-2')).toMatchObject({
    references: { model: 'train@fold-2', data: 'ingest' },
    part: { kind: 'fold', fold: 2, folds: 3 },
  });
  expect(stageOf(pipeline, 'evaluate')).toMatchObject({
    references: { data: 'ingest' },
    part: { kind: 'summary', folds: 3 },
    folds: of('evaluate'),
  });
  expect(stageOf(pipeline, 'export')).toMatchObject({ references: { model: 'train' }, part: { kind: 'final' } });
  expect(pipeline.variants.get('train@fold-2')).toMatchObject({ base: 'train', values: {}, fold: 2 });
  expect(pipeline.variants.has('train')).toBe(false);
});

test('the sum does not wait for the final training, and the export waits for the sum', async () => {
  const graph = buildGraph(await project.load(folded()), table);
  expect([...graph.byName.get('evaluate')!.dependencies].sort()).toEqual([...of('evaluate'), 'ingest']);
  expect(graph.byName.get('export')!.gates).toEqual(['evaluate']);
});

test('the final training reads the folds only for their best epochs', async () => {
  const plain = changed(petsYaml, '    epochs: 5\n', '    epochs: 5\n');
  const graph = buildGraph(await project.load(folded(undefined, plain)), table);
  expect(graph.byName.get('train')!.folds).toEqual([]);
  const stopping = await project.load(folded(), { set: ['stages.train.early_stopping={}'] });
  expect(buildGraph(stopping, table).byName.get('train')!.dependencies).toEqual(expect.arrayContaining(of('train')));
  const ensemble = await project.load(folded('cross_validation: {folds: 3, final: ensemble}'));
  expect(buildGraph(ensemble, table).byName.get('train')!.dependencies).toEqual(of('train'));
});

test('only the sum has a minimum', async () => {
  const pipeline = await project.load(folded(), { set: ['stages.evaluate.minimum={accuracy: 0.5}'] });
  expect(stageOf(pipeline, 'evaluate').config).toMatchObject({ minimum: { accuracy: 0.5 } });
  expect(stageOf(pipeline, 'evaluate@fold-1').config).not.toHaveProperty('minimum');
});

test('the test split is measured once, by the final model; images of another stage are too', async () => {
  const pipeline = await project.load(
    folded(
      undefined,
      `${petsYaml}  measured: {uses: evaluate, data: ingest, split: test}
  other: {uses: ingest, source: {path: more}}
  elsewhere: {uses: evaluate, data: other}
`.replace('source: pictures', 'source: pictures\n    split: {test: 0.1}'),
    ),
    {
      set: [
        'stages.augment.data=ingest',
        'stages.build-head.data=ingest',
        'stages.evaluate.data=ingest',
        'stages.export.data=ingest',
        'stages.ingest.split.test=0.1',
      ],
    },
  );
  expect(stageOf(pipeline, 'measured')).toMatchObject({ references: { model: 'train' }, part: { kind: 'final' } });
  expect(stageOf(pipeline, 'elsewhere').part).toBeUndefined();
  expect(names(pipeline).filter((name) => /^(measured|elsewhere)/.test(name))).toEqual(['measured', 'elsewhere']);
});

test('each combination of a matrix has folds of its own, which keep its values', async () => {
  const matrix = 'matrix: {rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.1, 0.2]}}';
  const pipeline = await project.load(folded(`${matrix}\ncross_validation: {folds: 2}`));
  expect(names(pipeline).filter((name) => name.startsWith('train'))).toEqual([
    ...['train@rate-0.1,fold-1', 'train@rate-0.1,fold-2', 'train@rate-0.1'],
    ...['train@rate-0.2,fold-1', 'train@rate-0.2,fold-2', 'train@rate-0.2'],
  ]);
  const fold = stageOf(pipeline, 'evaluate@rate-0.2,fold-1');
  expect(fold.references.model).toBe('train@rate-0.2,fold-1');
  expect(stageOf(pipeline, fold.references.model!).config).toMatchObject({
    optimizer: { adam: { learning_rate: 0.2 } },
  });
  expect(pipeline.variants.get(fold.name)).toMatchObject({ base: 'evaluate', values: { rate: 0.2 }, fold: 1 });
});

test('a training that continues another one does so in the same fold', async () => {
  const pipeline = await project.load(folded(undefined, `${petsYaml}  tune: {uses: train, from: train}\n`), {
    set: ['stages.evaluate.model=tune', 'stages.export.model=tune'],
  });
  expect(stageOf(pipeline, 'tune@fold-3').references.from).toBe('train@fold-3');
  expect(stageOf(pipeline, 'tune').references.from).toBe('train');
  expect(stageOf(pipeline, 'evaluate@fold-3').references.model).toBe('tune@fold-3');
});

test('what cannot be cross-validated is refused, with a way out', async () => {
  const plateau = await project.complaint(folded(), { set: ['stages.train.reduce_on_plateau={}'] });
  expect(plateau).toContain('the final training of a cross-validation has no validation images');
  const ensemble = folded('cross_validation: {final: ensemble}');
  await project.load(ensemble, { set: ['stages.train.reduce_on_plateau={}'] });
  expect(await project.complaint(folded('cross_validation: {folds: 1}'))).toContain('folds');
  const untrained = 'version: 1\ncross_validation: {folds: 3}\nstages:\n  ingest: {source: pictures}\n';
  expect(await project.complaint(untrained)).toContain('`cross_validation` needs a train stage');
});

test('a training on other images than the one that it continues is refused: an image could be on both sides', async () => {
  const text = `${petsYaml}  other: {uses: ingest, source: {path: more}}
  tune: {uses: train, from: train, data: other}
`;
  const set = ['augment', 'build-head', 'evaluate', 'export'].map((name) => `stages.${name}.data=ingest`);
  set.push('stages.train.data=augment', 'stages.evaluate.model=tune', 'stages.export.model=tune');
  expect(await project.complaint(folded(undefined, text), { set })).toContain(
    'an image could be held out in one and trained on in the other',
  );
});

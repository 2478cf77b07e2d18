/** What stages a call means where a matrix multiplies some. */
import { beforeAll, expect, test } from '@jest/globals';
import { select } from '../../src/runner/selection.js';
import type { PipelineError } from '../../src/core/problem.js';
import { buildGraph, type StageGraph } from '../../src/runner/graph.js';
import { stages } from '../../src/stages/index.js';
import { changed, petsYaml, testProject } from '../config/project.js';

const project = testProject();
const matrix = `matrix:
  units: {field: stages.build-head.layers.1.dense.units, values: [64, 128]}
  rate: {field: stages.train.optimizer.adam.learning_rate, values: [0.001, 0.0003]}
stages:
`;
let graph: StageGraph;

beforeAll(async () => {
  graph = buildGraph(await project.load(changed(petsYaml, 'stages:\n', matrix)), stages);
});

const trains = ['64,rate-0.001', '64,rate-0.0003', '128,rate-0.001', '128,rate-0.0003'].map(
  (label) => `train@units-${label}`,
);

test('the name of the file means all variants, that of a variant means it', () => {
  const { selected } = select(graph, ['train'], {});
  expect([...selected].filter((name) => name.startsWith('train'))).toEqual(trains);
  expect(selected.has('evaluate@units-64,rate-0.001')).toBe(false);
  const one = select(graph, [trains[2]], {}).selected;
  expect([...one].sort()).toEqual(['augment', 'build-head@units-128', 'freeze', 'ingest', 'load-base', trains[2]]);
});

test('so it is for --only, --from and --force', () => {
  expect([...select(graph, [], { only: ['train'] }).selected]).toEqual(trains);
  const { selected, forced } = select(graph, [], { from: trains[0], force: ['build-head@units-64', 'train'] });
  expect([...selected].sort()).toEqual(
    ['evaluate', 'export', 'train'].map((stage) => trains[0].replace('train', stage)),
  );
  expect([...forced]).toEqual(['build-head@units-64', ...trains]);
  expect(select(graph, [], { from: 'train' }).selected.size).toBe(12);
  expect(select(graph, ['train'], { force: true }).forced.has(trains[3])).toBe(true);
});

test.each([
  [
    'trian',
    'train',
    'one of `ingest`, `augment`, `load-base`, `freeze`, `build-head`, `train`, `evaluate` or `export`',
  ],
  [
    'train@units-65,rate-0.001',
    trains[0],
    `one of ${trains
      .slice(0, -1)
      .map((name) => `\`${name}\``)
      .join(', ')} or \`${trains[3]}\``,
  ],
  [
    'trian@units-64,rate-0.001',
    trains[0],
    'one of `ingest`, `augment`, `load-base`, `freeze`, `build-head`, `train`, `evaluate` or `export`',
  ],
  [
    'freeze@units-64',
    'freeze',
    'one of `ingest`, `augment`, `load-base`, `freeze`, `build-head`, `train`, `evaluate` or `export`',
  ],
])('%s was meant for %s', (name, meant, expected) => {
  let thrown: unknown;
  try {
    select(graph, [name], {});
  } catch (error) {
    thrown = error;
  }
  const [problem] = (thrown as PipelineError).problems;
  expect(problem).toMatchObject({ code: 'unknown-stage', where: name, expected, remedy: `did you mean \`${meant}\`?` });
});

test.each<[string, string, string[], { only?: string[]; from?: string }]>([
  ['--only', 'cannot be combined with --from', [], { only: ['train'], from: 'train' }],
  ['--only', 'cannot be combined with the stages train, evaluate', ['train', 'evaluate'], { only: ['train'] }],
  ['--from', 'cannot be combined with the stage train', ['train'], { from: 'train' }],
])('%s that %s is refused', (where, found, named, options) => {
  expect(() => select(graph, named, options)).toThrow(
    expect.objectContaining({
      category: 'invalid',
      problems: [expect.objectContaining({ where, found, remedy: 'remove one of them' })],
    }),
  );
});

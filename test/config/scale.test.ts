import { expect, test } from '@jest/globals';
import type { Problem } from '../../src/core/problem.js';
import { exportFolders } from '../../src/config/lint/exports.js';
import { buildGraph, withAncestors, type StageTable } from '../../src/runner/graph.js';
import { stages as table } from '../../src/stages/index.js';
import { testProject } from './project.js';

const project = testProject();

const start = 'version: 1\nstages:\n  ingest: {source: pictures}\n  base: {uses: load-base, architecture: compact32}\n';
const chainOf = (length: number, first = '  f0: {uses: freeze, base: base, layers: all}\n'): string =>
  start +
  first +
  Array.from(
    { length: length - 1 },
    (_, index) => `  f${index + 1}: {uses: freeze, base: f${index}, layers: all}\n`,
  ).join('');

test('a chain of thousands of stages overflows no stack, and is in order whichever way it is written', async () => {
  const pipeline = await project.load(chainOf(4000));
  const reversed = { ...pipeline, stages: pipeline.stages.toReversed() };
  for (const one of [pipeline, reversed]) {
    const graph = buildGraph(one, table as StageTable);
    const names = graph.nodes.map(({ stage }) => stage.name).filter((name) => name.startsWith('f'));
    expect(names).toEqual(Array.from({ length: 4000 }, (_, index) => `f${index}`));
    expect(withAncestors(graph, ['f3999']).size).toBe(4001);
  }
});

test('a cycle of thousands of stages is found', async () => {
  const { problems } = await project.refuse(chainOf(3000, '  f0: {uses: freeze, base: f2999, layers: all}\n'));
  expect(problems.map(({ code }) => code)).toContain('cycle');
});

test('trainings in a row know the head and the boundary of the first', async () => {
  const trainings = Array.from(
    { length: 3000 },
    (_, index) => `  t${index + 1}: {uses: train, from: t${index}, data: ingest}\n`,
  ).join('');
  const { warnings } = await project.load(
    `${start}  head: {uses: build-head, base: base, layers: [flatten, classifier]}\n  t0: {uses: train, model: head, data: ingest}\n${trainings}`,
  );
  // Nothing freezes the base, at the default rate: each of them warns.
  expect(warnings.filter(({ code }) => code === 'fine-tuning-rate')).toHaveLength(3001);
});

test('exports into one folder, or one inside another, are each reported once', () => {
  const folders = ['models/a', 'models/b', 'models/a', 'models', 'models/b/c'];
  const stages = folders.map((to, index) => ({
    name: `x${index}`,
    kind: 'export' as const,
    config: { to, formats: ['tfjs'] },
    references: {},
  }));
  const locator = { at: () => ({ where: 'here' }), mention: () => 'there' } as never;
  const found = exportFolders({ stages: stages as never, locator, root: project.root, home: project.root }).map(
    ({ found: text }: Problem) => text.slice(0, 24),
  );
  expect(found).toHaveLength(3);
});

test('a matrix that explodes is refused before it is expanded', async () => {
  const values = Array.from({ length: 900 }, (_, index) => index + 1).join(', ');
  const matrix = `matrix:\n  rate: {field: stages.f0.layers.until, values: [${values}]}\nstages:`;
  const { problems } = await project.refuse(chainOf(500).replace('stages:', matrix));
  expect(problems.map(({ code, found }) => [code, found])).toEqual([
    ['too-many-variants', 'the matrix has 900 combinations of 502 stages'],
  ]);
});

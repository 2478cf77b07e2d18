/** Layers and lanes of the drawing. */
import { expect, test } from '@jest/globals';
import type { RecordedNode } from '../../../src/core/run-record.js';
import { layOut } from '../../../src/report/html/graph-layout.js';

const node = (name: string, reads: Record<string, string> = {}, more: Partial<RecordedNode> = {}): RecordedNode => ({
  name,
  kind: name,
  reads,
  gates: [],
  ...more,
});

const pets = [
  node('ingest'),
  node('augment', { data: 'ingest' }),
  node('load-base'),
  node('freeze', { base: 'load-base' }),
  node('build-head', { base: 'freeze', data: 'ingest' }),
  node('train', { model: 'build-head', data: 'augment' }),
  node('evaluate', { model: 'train', data: 'ingest' }),
  node('export', { model: 'train', data: 'ingest' }, { gates: ['evaluate'] }),
];

test('a stage stands below all that it waits for, and no two stand in one place', () => {
  const drawn = layOut(pets);
  const byName = new Map(drawn.map((stage) => [stage.name, stage]));
  for (const { name, after, layer } of drawn)
    for (const other of after) expect([name, layer > byName.get(other)!.layer]).toEqual([name, true]);
  expect(drawn.map(({ name, layer }) => [name, layer])).toEqual([
    ['ingest', 0],
    ['load-base', 0],
    ['augment', 1],
    ['freeze', 1],
    ['build-head', 2],
    ['train', 3],
    ['evaluate', 4],
    ['export', 5],
  ]);
  expect(new Set(drawn.map(({ layer, lane }) => `${layer}/${lane}`)).size).toBe(drawn.length);
});

test('what follows from other arrows is not drawn', () => {
  const after = Object.fromEntries(layOut(pets).map((stage) => [stage.name, stage.after]));
  expect(after).toMatchObject({
    'build-head': ['freeze', 'ingest'],
    train: ['build-head', 'augment'],
    evaluate: ['train'],
    export: ['evaluate'],
  });
});

test('the variants of a matrix are one box', () => {
  const variant = (units: number): Partial<RecordedNode> => ({
    kind: 'train',
    variant: { base: 'train', values: { units } },
  });
  const drawn = layOut([
    node('ingest'),
    node('train@units-4', { data: 'ingest' }, variant(4)),
    node('train@units-8', { data: 'ingest' }, variant(8)),
  ]);
  expect(drawn.map(({ name, members, after }) => ({ name, members, after }))).toEqual([
    { name: 'ingest', members: ['ingest'], after: [] },
    { name: 'train', members: ['train@units-4', 'train@units-8'], after: ['ingest'] },
  ]);
});

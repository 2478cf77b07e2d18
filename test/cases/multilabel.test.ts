/** Images of several classes, from folders to an exported model: an image in two class folders has both classes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EvaluationMetrics } from '../../src/model/results.js';
import { Project, type RunOutcome } from '../e2e/rig.js';
import { image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
let run: RunOutcome;

/** The classes of an image by its number: each is there or not, whatever the other is. */
const classesOf = (i: number): string[] => [...(i % 2 === 0 ? ['even'] : []), ...(i % 3 === 0 ? ['third'] : [])];
const numbers = Array.from({ length: 60 }, (_, i) => i).filter((i) => classesOf(i).length > 0);

const several = (more = ''): string =>
  pipeline('source: data, task: multilabel, split: {validation: 0.25, test: 0.25}', 'epochs: 2').replace(
    'evaluate: {}\n  export: {to: out}',
    `${more}evaluate: {threshold: f1, split: test}\n  export: {to: out, formats: [tfjs, onnx]}`,
  );

beforeAll(async () => {
  project = await Project.create();
  for (const i of numbers)
    for (const name of classesOf(i)) await writeAt(project, `data/${name}/${i}.png`, await image(i * 211));
  await project.write('t.yaml', several());
  run = await project.run('t.yaml');
}, 120_000);
afterAll(() => project.remove());

const json = async <Value>(path: string): Promise<Value> => JSON.parse(await project.read(path)) as Value;

test('each class is divided by the shares, the rarest exactly', async () => {
  expect(run.code).toBe(0);
  const { counts, images } = await json<{
    counts: Record<string, Record<string, number>>;
    images: Record<string, number>;
  }>('.pipeline/out/t/ingest/summary.json');
  expect(images).toEqual({ train: 20, validation: 10, test: 10 });
  // 30 images of one class, 20 of the other, 10 of them of both.
  const of = (name: string) => ['train', 'validation', 'test'].map((split) => counts[split][name]);
  expect(of('third')).toEqual([10, 5, 5]);
  expect(of('even').reduce((sum, count) => sum + count, 0)).toBe(30);
  for (const count of of('even').slice(1)) expect(Math.abs(count - 7.5)).toBeLessThanOrEqual(3);
});

test('thresholds are chosen on validation images, and go into the exported model', async () => {
  const metrics = await json<EvaluationMetrics>('.pipeline/out/t/evaluate/metrics.json');
  if (metrics.task !== 'multilabel') throw new Error('one class per image');
  expect([metrics.split, metrics.samples, metrics.thresholds_from]).toEqual(['test', 10, 'validation']);
  const thresholds = ['even', 'third'].map((name) => metrics.per_class[name].threshold);
  expect(await json('out/classes.json')).toEqual({ task: 'multilabel', classes: ['even', 'third'], thresholds });
  const { userDefinedMetadata } = await json<{ userDefinedMetadata: object }>('out/model.json');
  expect(userDefinedMetadata).toMatchObject({ task: 'multilabel', thresholds, classes: ['even', 'third'] });
  const card = await project.read('out/README.md');
  for (const threshold of thresholds) expect(card).toContain(`| ${threshold} |`);
  expect(card).toContain('mAP');
  // In the code for the browser, Node and Python.
  expect(card.match(/>= (?:thresholds\[i\]|least)/g)).toHaveLength(3);
});

test('each image has its classes and all scores in predictions.csv, and both formats predict them', async () => {
  const [head, ...rows] = (await project.read('.pipeline/out/t/evaluate/predictions.csv')).trim().split('\n');
  expect(head).toBe('file,true,predicted,even,third');
  const byFile = new Map(rows.map((row) => [row.split(',')[0], row.split(',')]));
  for (const [file, truth] of [...byFile].map(([name, cells]) => [name, cells[1]]))
    expect([file, truth]).toEqual([file, classesOf(Number(/\d+/.exec(file)![0])).join('|')]);
  const files = [...byFile.keys()].slice(0, 3);
  for (const model of ['out', 'out/model.onnx']) {
    const { stdout } = await project.command('predict', model, '--json', ...files.map((file) => `data/${file}`));
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { classes: string[]; scores: Record<string, number> });
    for (const [i, { classes, scores }] of lines.entries()) {
      const [, , predicted, even, third] = byFile.get(files[i])!;
      expect(classes.join('|')).toBe(predicted);
      expect([scores.even, scores.third]).toEqual([expect.closeTo(Number(even), 4), expect.closeTo(Number(third), 4)]);
    }
  }
  const { stdout } = await project.command('predict', 'out', '--csv', `data/${files[0]}`);
  const [, , predicted] = byFile.get(files[0])!;
  expect(stdout.split('\n').map((line) => line.split(',').slice(0, 2).join(' '))).toEqual([
    'file classes',
    `data/${files[0]} ${predicted}`,
    '',
  ]);
});

test('evaluations with different thresholds cannot go into one model', async () => {
  await project.write('t.yaml', several('plain: {uses: evaluate, split: test}\n  '));
  const { code, stderr } = await project.run('t.yaml');
  expect(code).toBe(2);
  expect(stderr).toContain('the evaluations of this model use different thresholds');
  await project.write('t.yaml', several());
});

test('the same folders without the task are contradictions', async () => {
  await project.write('single.yaml', several().replace(', task: multilabel', '').replace('threshold: f1, ', ''));
  const { code, problems } = await ingested(project, 'single.yaml');
  expect([code, problems[0].code]).toEqual([3, 'same-picture-two-labels']);
});

const tabled = (labels: string) => several().replace('source: data', `source: flat, labels: {table: ${labels}}`);
const flags = (images: readonly number[]): string =>
  `even,name,third\n${images.map((i) => `${1 - (i % 2)},flat/${i}.png,${i % 3 === 0 ? 'true' : ''}\n`).join('')}`;

test('a table with several labels in a cell, in several rows or in columns gives the samples of the folders', async () => {
  for (const i of numbers) await writeAt(project, `flat/${i}.png`, await image(i * 211));
  await project.write(
    'cells.csv',
    `name,tags\n${numbers.map((i) => `flat/${i}.png,${classesOf(i).join(' | ')}\n`).join('')}`,
  );
  const rows = numbers.flatMap((i) => classesOf(i).map((name) => `flat/${i}.png,${name}\n`));
  await project.write('rows.csv', `name,tag\n${rows.join('')}`);
  await project.write('flags.csv', flags(numbers));
  for (const labels of [
    "cells.csv, file: name, label: tags, separator: '|'",
    'rows.csv, file: name, label: tag',
    'flags.csv, file: name, label: [third, even]',
  ]) {
    await project.write('t.yaml', tabled(labels));
    // Training and all after it are up to date: their samples are the same.
    const { code, named } = await project.run('t.yaml');
    expect([code, named('ran')]).toEqual([0, ['ingest']]);
  }
});

test('images without a label train, are measured and are reported as images of no class', async () => {
  const all = Array.from({ length: 60 }, (_, i) => i);
  for (const i of all) await writeAt(project, `flat/${i}.png`, await image(i * 211));
  await project.write('flags.csv', flags(all));
  await project.write('t.yaml', tabled('flags.csv, file: name, label: [even, third]'));
  const { code, events } = await project.run('t.yaml');
  expect(code).toBe(0);
  const texts = events.flatMap((event) => (event.event === 'note' ? event.text : []));
  expect(texts).toContain('20 images without a label: used as examples of no class');
  const { images } = await json<{ images: object }>('.pipeline/out/t/ingest/summary.json');
  expect(images).toEqual({ train: 30, validation: 15, test: 15 });
  const rows = (await project.read('.pipeline/out/t/evaluate/predictions.csv')).trim().split('\n').slice(1);
  const truth = rows.map((row) => row.split(',').slice(0, 2));
  for (const [file, classes] of truth) expect(classes).toBe(classesOf(Number(/\d+/.exec(file)![0])).join('|'));
  expect(truth.filter(([, classes]) => classes === '')).toHaveLength(5);
  const metrics = await json<EvaluationMetrics>('.pipeline/out/t/evaluate/metrics.json');
  if (metrics.task !== 'multilabel') throw new Error('one class per image');
  expect(metrics.samples).toBe(15);
  for (const { true_positives, false_positives, false_negatives, true_negatives } of Object.values(metrics.per_class))
    expect(true_positives + false_positives + false_negatives + true_negatives).toBe(15);
  expect((await project.command('report', 't.yaml')).code).toBe(0);
});

/** Cross-validation of images of several classes: folds, their sum, thresholds, and the final model. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MultilabelFoldScores, MultilabelMetrics } from '../../src/model/multilabel-results.js';
import { Project, type RunOutcome } from '../e2e/rig.js';
import { image, pipeline, writeAt } from './image-folders.js';

let project: Project;
let run: RunOutcome;

const classes = ['even', 'third'] as const;
const classesOf = (i: number): string[] => [...(i % 2 === 0 ? ['even'] : []), ...(i % 3 === 0 ? ['third'] : [])];
const numbers = Array.from({ length: 60 }, (_, i) => i).filter((i) => classesOf(i).length > 0);
const FOLDS = 4;

const folded = (final = 'retrain', threshold = 'f1'): string =>
  pipeline('source: data, task: multilabel, split: {test: 0.2}', 'epochs: 3, early_stopping: {}')
    .replace('version: 1', `version: 1\ncross_validation: {folds: ${FOLDS}, final: ${final}}`)
    .replace(
      'evaluate: {}\n  export: {to: out}',
      `evaluate: {threshold: ${threshold}}
  tested: {uses: evaluate, threshold: ${threshold}, split: test}
  export: {to: out, formats: [tfjs, onnx]}`,
    );

beforeAll(async () => {
  project = await Project.create();
  for (const i of numbers)
    for (const name of classesOf(i)) await writeAt(project, `data/${name}/${i}.png`, await image(i * 211));
  await project.write('t.yaml', folded());
  run = await project.run('t.yaml');
}, 240_000);
afterAll(() => project.remove());

const json = async <Value>(path: string): Promise<Value> => JSON.parse(await project.read(path)) as Value;
const metricsOf = (stage: string) => json<MultilabelMetrics>(`.pipeline/out/t/${stage}/metrics.json`);

interface Row {
  readonly file: string;
  readonly truth: readonly string[];
  readonly predicted: readonly string[];
  readonly scores: Readonly<Record<string, number>>;
  readonly fold: number;
}

async function predictions(): Promise<Row[]> {
  const [head, ...rows] = (await project.read('.pipeline/out/t/evaluate/predictions.csv')).trim().split('\n');
  expect(head).toBe('file,true,predicted,even,third,fold');
  const names = (cell: string): string[] => cell.split('|').filter((name) => name !== '');
  return rows.map((row): Row => {
    const [file, truth, predicted, even, third, fold] = row.split(',');
    const scores = { even: Number(even), third: Number(third) };
    return { file, truth: names(truth), predicted: names(predicted), scores, fold: Number(fold) };
  });
}

function f1Of(rows: readonly Row[], name: string, has: (row: Row) => boolean): number {
  const count = (is: (row: Row) => boolean): number => rows.filter(is).length;
  const hits = count((row) => has(row) && row.truth.includes(name));
  const wrong = count((row) => has(row) !== row.truth.includes(name));
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + wrong);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('every image outside the test split is held out once, and the rarest class is in all folds alike', async () => {
  expect([run.code, run.state]).toEqual([0, 'ok']);
  const rows = await predictions();
  const { images } = await json<{ images: Record<string, number> }>('.pipeline/out/t/ingest/summary.json');
  // A file for each of its classes.
  const held = new Map(rows.map((row) => [/\d+/.exec(row.file)![0], row]));
  expect(held.size).toBe(numbers.length - images.test);
  for (const [number, { truth }] of held) expect(truth).toEqual(classesOf(Number(number)));
  const sizes = Array.from(
    { length: FOLDS },
    (_, index) => [...held.values()].filter(({ fold, truth }) => fold === index + 1 && truth.includes('third')).length,
  );
  expect(sizes).toEqual([4, 4, 4, 4]);
});

test('the sum has the mean and deviation of the folds, all at the thresholds of the sum', async () => {
  const metrics = await metricsOf('evaluate');
  const folds = metrics.folds!;
  expect(folds).toHaveLength(FOLDS);
  for (const name of ['mAP', 'macro_f1', 'micro_f1', 'subset_accuracy', 'hamming_loss', 'loss'] as const) {
    const values = folds.map((fold: MultilabelFoldScores) => fold[name]);
    const mean = meanOf(values);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (FOLDS - 1));
    expect([name, metrics[name], metrics[`${name}_sd`]]).toEqual([
      name,
      expect.closeTo(mean, 12),
      expect.closeTo(deviation, 12),
    ]);
  }
  const held = new Map((await predictions()).map((row) => [/\d+/.exec(row.file)![0], row]));
  for (const [index, fold] of folds.entries()) {
    const own = [...held.values()].filter((row) => row.fold === index + 1);
    expect(own).toHaveLength(fold.samples);
    const f1 = classes.map((name) => f1Of(own, name, ({ predicted }) => predicted.includes(name)));
    expect(fold.macro_f1).toBeCloseTo(meanOf(f1), 12);
  }
  expect(run.metrics).toMatchObject({ evaluate: { mAP: metrics.mAP, mAP_sd: metrics.mAP_sd } });
  expect(run.stderr).toMatch(/mAP \d\.\d{4} ± \d\.\d{4}/);
  expect(run.stderr).toMatch(/mean of 4 folds,\s+standard\s+deviation/);
});

test('classes count the images of all folds, at the threshold that is best for them', async () => {
  const metrics = await metricsOf('evaluate');
  const held = [...new Map((await predictions()).map((row) => [/\d+/.exec(row.file)![0], row])).values()];
  expect(metrics.thresholds_from).toBe('folds');
  for (const name of classes) {
    const { threshold, f1, true_positives, false_positives, false_negatives, true_negatives } = metrics.per_class[name];
    expect(true_positives + false_positives + false_negatives + true_negatives).toBe(held.length);
    expect(true_positives).toBe(held.filter((row) => row.truth.includes(name) && row.predicted.includes(name)).length);
    const all = held.map(({ scores }) => f1Of(held, name, (row) => row.scores[name] >= scores[name]));
    expect(f1).toBeGreaterThanOrEqual(Math.max(...all) - 1e-12);
    for (const row of held)
      expect([row.file, row.predicted.includes(name)]).toEqual([row.file, row.scores[name] >= threshold]);
  }
});

test('the final model is measured at the same thresholds, and exported with them', async () => {
  const [sum, tested] = [await metricsOf('evaluate'), await metricsOf('tested')];
  const thresholdsOf = ({ per_class: rows }: MultilabelMetrics) => classes.map((name) => rows[name].threshold);
  expect([tested.split, tested.thresholds_from, tested.folds]).toEqual(['test', 'folds', undefined]);
  expect(thresholdsOf(tested)).toEqual(thresholdsOf(sum));
  expect(await json('out/classes.json')).toEqual({ task: 'multilabel', classes, thresholds: thresholdsOf(sum) });
  const card = await project.read('out/README.md');
  expect(card).toContain('Cross-validation with 4 folds');
  expect(card).toContain('The thresholds have the highest F1 on the held-out images of all folds.');
  expect((await metricsOf('evaluate@fold-1')).per_class.even.threshold).toBe(0.5);
});

test('the reports show the folds, and that the thresholds are chosen on the same images', async () => {
  expect((await project.command('report', 't.yaml', '--out', 'report.html')).code).toBe(0);
  const page = await project.read('report.html');
  const table = /<caption>4 folds<\/caption>.*?<\/table>/s.exec(page)![0];
  const means = /<th scope="row">mean<\/th>(.*?)<\/tr>/s.exec(table)![1];
  const metrics = await metricsOf('evaluate');
  expect([...means.matchAll(/value="([^"]+)"/g)].map(([, value]) => Number(value))).toEqual([
    metrics.mAP,
    metrics.loss,
    metrics.macro_f1,
    metrics.micro_f1,
  ]);
  expect(page.match(/<caption>4 folds/g)).toHaveLength(1);
  expect(page).toContain('highest F1 on the held-out images of all folds, the same images');
  expect(page).toContain('highest F1 on the held-out images of all folds.');
  const markdown = (await project.command('report', 't.yaml', '--format', 'md')).stdout;
  expect(markdown).toMatch(/\| `evaluate` \| +\d\.\d{4} ± \d\.\d{4} \|/);
});

test('a number instead of f1 sums up again and trains nothing', async () => {
  const before = await metricsOf('evaluate');
  await project.write('t.yaml', folded('retrain', '0.5'));
  const plain = await project.run('t.yaml');
  expect(plain.code).toBe(0);
  expect(plain.named('ran').sort()).toEqual(['evaluate', 'export', 'tested']);
  const after = await metricsOf('evaluate');
  expect([after.thresholds_from, after.mAP]).toEqual(['config', before.mAP]);
});

test('the minimum judges the mean of the mAP', async () => {
  const refused = await project.run('t.yaml', '--set', 'stages.evaluate.minimum={mAP: 1}');
  expect(refused.code).toBe(6);
  expect(refused.stage('export').state).toBe('skipped');
});

test('an ensemble of the folds is one network in both formats, which give the same scores', async () => {
  await project.write('t.yaml', folded('ensemble').replace('to: out', 'to: averaged'));
  const averaged = await project.run('t.yaml');
  expect([averaged.code, averaged.state]).toEqual([0, 'ok']);
  const [tfjs, onnx] = await Promise.all(
    ['averaged', 'averaged/model.onnx'].map(async (model) => {
      const { stdout } = await project.command('predict', model, '--json', 'data/third/3.png');
      return JSON.parse(stdout) as { classes: string[]; scores: Record<string, number> };
    }),
  );
  expect(onnx.classes).toEqual(tfjs.classes);
  for (const name of classes) expect(onnx.scores[name]).toBeCloseTo(tfjs.scores[name], 4);
  expect((await json<{ thresholds: number[] }>('averaged/classes.json')).thresholds).toEqual(
    (await json<{ thresholds: number[] }>('out/classes.json')).thresholds.map(() => expect.any(Number)),
  );
});

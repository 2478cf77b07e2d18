/** The report of a run that never was, with as many classes and images as a test wants. */
import type { Digest } from '../../../src/core/digest.js';
import type { RecordedNode, RunEnd, RunStart } from '../../../src/core/run-record.js';
import type { Report } from '../../../src/report/html/page.js';
import { classMetrics, confusionMatrix } from '../../../src/model/metrics.js';
import type { EvaluationMetrics, History, PredictionRow } from '../../../src/model/results.js';
import type { Kept } from '../../../src/report/results/kept.js';

const evaluate: RecordedNode = {
  name: 'evaluate',
  kind: 'evaluate',
  reads: { model: 'train', data: 'ingest' },
  gates: [],
};
const ingest: RecordedNode = { name: 'ingest', kind: 'ingest', reads: {}, gates: [] };
const train: RecordedNode = { name: 'train', kind: 'train', reads: {}, gates: [] };
export const run: RunStart = {
  format: 1,
  id: '20260901-140312-41700',
  startedAt: '2026-09-01T14:03:12.417Z',
  tool: '1',
  node: 'v20',
  platform: 'linux-x64',
  pipeline: { name: 'pets', file: 'pets.yaml', seed: 1 },
  source: { text: 'version: 1\n', set: [] },
  graph: [ingest, train, evaluate],
};
export const end: RunEnd = {
  state: 'ok',
  durationMs: 1,
  stages: [],
  metrics: { evaluate: { accuracy: 0.5, loss: 1 } },
  problems: [],
};

/** Rows whose picture `i` is of class `i`, and taken for the next class where `i` is even. */
function rowsOf(classes: number, count: number): PredictionRow[] {
  return Array.from({ length: count }, (_, index) => {
    const label = index % classes;
    const predicted = index % 2 === 0 ? (label + 1) % classes : label;
    return {
      digest: String(index).padStart(64, '0') as Digest,
      label,
      predicted,
      scores: Array.from({ length: classes }, (_, k) => (k === predicted ? 0.5 : 0.5 / (classes - 1))),
    };
  });
}

/** A report of classes, named by their number unless names are given. */
export function reportOf(
  named: number | readonly string[],
  pictures: number,
  history: Kept<History> = { state: 'never' },
): Report {
  const classes = typeof named === 'number' ? Array.from({ length: named }, (_, index) => `class-${index}`) : named;
  const classCount = classes.length;
  const rows = rowsOf(classCount, pictures);
  const confusion = confusionMatrix(
    rows.map(({ label }) => label),
    rows.map(({ predicted }) => predicted),
    classCount,
  );
  const figures = classMetrics(confusion);
  const value: EvaluationMetrics = {
    loss: 1,
    accuracy: 0.5,
    macro_precision: 0.5,
    macro_recall: 0.5,
    macro_f1: 0.5,
    samples: pictures,
    split: 'test',
    threshold: 0.5,
    classes,
    per_class: Object.fromEntries(classes.map((name, index) => [name, figures[index]])),
    confusion,
  };
  const evaluation = {
    node: evaluate,
    figures: { state: 'kept', value },
    predictions: { state: 'kept', value: { classes, rows } },
    files: { state: 'gone' },
  } as const;
  const examples = rows.slice(0, 2).map((row) => ({ row, files: [], image: { state: 'gone' } as const }));
  return {
    run,
    state: 'ok',
    end,
    verdict: undefined,
    ranked: [evaluate],
    detailed: [{ evaluation, training: { node: train, history }, folds: undefined, examples }],
    trainings: [],
    data: [],
    made: new Map(),
  };
}

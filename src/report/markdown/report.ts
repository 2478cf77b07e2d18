/** A run as Markdown for a pull request or a job summary: the verdict first, then metrics, classes and stages. */
import type { Problem } from '../../core/problem.js';
import type { RunEnd } from '../../core/run-record.js';
import { own } from '../../core/own.js';
import type { ClassMetrics } from '../../model/metrics.js';
import type { MultilabelClassMetrics } from '../../model/multilabel-results.js';
import { rangeOf, type ClassIntervals } from '../../model/ranges.js';
import type { EvaluationMetrics } from '../../model/results.js';
import { percent } from '../../core/text/ratio.js';
import { deviationOf, mainMetrics } from '../main-metrics.js';
import { rankedEvaluations, readEvaluation } from '../results/evaluations.js';
import { valueOf, type RunResults } from '../results/kept.js';
import { stateWord } from '../run-list.js';
import { commandOf } from '../verdict/lines.js';
import { verdictOf, type Verdict } from '../verdict/verdict.js';
import { duration, sentence } from '../words.js';
import { block, code, plain, table } from './markup.js';

/** Rows of a table; GitHub cuts comments at 65,536 characters. */
const MOST_ROWS = 50;

const SIGNED = 'Written by transfer-pipeline ';

/** Whether a text is a Markdown report of any version. */
export function isMarkdownReport(text: string): boolean {
  return text.slice(text.trimEnd().lastIndexOf('\n') + 1).startsWith(`*${SIGNED}`);
}

/** The report of a run as GitHub-flavored Markdown, with a line break at its end. */
export async function reportMarkdown(results: RunResults, state: string): Promise<string> {
  const { run, end } = results;
  const ranked = rankedEvaluations(results);
  const verdict = await verdictOf(results);
  const best = ranked.length === 0 ? undefined : valueOf((await readEvaluation(results, ranked[0])).figures);
  const work = end === undefined ? '' : ` in ${duration(end.durationMs)}`;
  const lines = [
    ...(verdict === undefined
      ? [`${state === 'ok' ? '✅' : '❌'} **${stateWord(state)}**`]
      : verdictMarkdown(verdict, run.pipeline.file)),
    ...(end?.problems ?? []).map(problemLine),
    '',
    `${code(run.pipeline.name)}, run ${code(run.id)}, ${stateWord(state)}${work}.`,
    ...evaluationTable(
      ranked.map(({ name }) => name),
      end?.metrics ?? {},
    ),
    ...(best === undefined ? [] : [...intervalLine(ranked[0].name, best), ...classTable(best)]),
    ...stageTable(end),
    '',
    `*${SIGNED}${plain(run.tool)}.*`,
  ];
  return `${lines.join('\n')}\n`;
}

const marks: Readonly<Record<Verdict['level'], string>> = { good: '✅', weak: '⚠️', bad: '❌' };

function verdictMarkdown({ level, headline, weaknesses, next }: Verdict, file: string): string[] {
  const command = next && commandOf(next, file);
  return [
    `${marks[level]} **${plain(sentence(headline))}**`,
    '',
    ...weaknesses.map((text) => `- ${plain(sentence(text))}`),
    ...(next === undefined ? [] : [`- What to try: ${plain(next.text)}.`]),
    ...(command === undefined ? [] : ['', ...block(command)]),
  ];
}

function problemLine({ where, found, remedy }: Problem): string {
  const place = where === undefined ? '' : `${code(where)}: `;
  return `- ${place}${plain(found)}${remedy === undefined ? '' : ` → ${plain(remedy)}`}`;
}

function evaluationTable(names: readonly string[], all: RunEnd['metrics']): string[] {
  const rows = names.slice(0, MOST_ROWS);
  if (rows.length === 0) return [];
  const value = (stage: string, metric: string): number | undefined => own(own(all, stage), metric);
  const columns = mainMetrics.filter(({ metric }) => rows.some((stage) => value(stage, metric) !== undefined));
  return [
    '',
    ...table([
      { title: 'evaluation', cells: rows.map(code) },
      ...columns.map(({ metric, label }) => ({
        title: label,
        numeric: true,
        cells: rows.map((stage) => {
          const deviation = deviationOf(own(all, stage), metric);
          const spread = deviation === undefined ? '' : ` ± ${shownMetric(metric, deviation)}`;
          return `${shownMetric(metric, value(stage, metric))}${spread}`;
        }),
      })),
      {
        title: 'images',
        numeric: true,
        cells: rows.map((stage) => value(stage, 'samples')?.toLocaleString('en-US') ?? '-'),
      },
    ]),
    ...rest(names.length - rows.length),
  ];
}

/** Accuracy for people in percent; the others as they are usually written. */
function shownMetric(metric: string, value: number | undefined): string {
  if (value === undefined) return '-';
  return metric === 'accuracy' ? percent(value) : value.toFixed(4);
}

/** The intervals of the best evaluation's metrics, in one sentence. */
function intervalLine(name: string, { intervals }: EvaluationMetrics): string[] {
  const parts = mainMetrics.flatMap(({ metric, label }) => {
    const range = rangeOf(intervals, metric);
    return range === undefined ? [] : `${label} ${range.map((end) => shownMetric(metric, end)).join(' to ')}`;
  });
  return parts.length === 0 ? [] : ['', `95% intervals of ${code(name)}: ${parts.join(', ')}.`];
}

interface ClassRow extends ClassMetrics {
  readonly name: string;
  /** Where an image has several classes. */
  readonly average_precision?: number;
}

/** The classes of the best evaluation, the worst first: those are what a reader looks for. */
function classTable(metrics: EvaluationMetrics): string[] {
  const { intervals } = metrics;
  const all = metrics.classes
    .map((name): ClassRow => ({ name, ...own<ClassMetrics | MultilabelClassMetrics>(metrics.per_class, name)! }))
    .sort((a, b) => a.f1 - b.f1);
  const isMultilabel = metrics.task === 'multilabel';
  const rows = all.slice(0, MOST_ROWS);
  const column = (title: string, metric: 'precision' | 'recall' | 'f1' | 'average_precision' | 'roc_auc') => ({
    title,
    numeric: true,
    cells: rows.map((row) => {
      const range = rangeOf(own<ClassIntervals>(intervals?.per_class, row.name), metric);
      const value = row[metric];
      if (value === undefined) return '-';
      return percent(value) + (range === undefined ? '' : ` (${range.map(percent).join(' to ')})`);
    }),
  });
  return [
    '',
    ...table([
      { title: 'class', cells: rows.map(({ name }) => code(name)) },
      column('precision', 'precision'),
      column('recall', 'recall'),
      column('F1', 'f1'),
      ...(isMultilabel ? [column('AP', 'average_precision')] : []),
      ...(rows.some(({ roc_auc: area }) => area !== undefined) ? [column('AUC', 'roc_auc')] : []),
      { title: 'images', numeric: true, cells: rows.map(({ support }) => support.toLocaleString('en-US')) },
    ]),
    ...rest(all.length - rows.length),
  ];
}

function stageTable(end: RunEnd | undefined): string[] {
  const rows = (end?.stages ?? []).slice(0, MOST_ROWS);
  if (end === undefined || rows.length === 0) return [];
  return [
    '',
    ...table([
      { title: 'stage', cells: rows.map(({ name }) => code(name)) },
      { title: 'state', cells: rows.map(({ state }) => state) },
      { title: 'time', numeric: true, cells: rows.map(({ durationMs }) => duration(durationMs)) },
      { title: 'reason', cells: rows.map(({ reason }) => plain(reason)) },
    ]),
    ...rest(end.stages.length - rows.length),
  ];
}

function rest(left: number): string[] {
  return left <= 0 ? [] : ['', `and ${left.toLocaleString('en-US')} more`];
}

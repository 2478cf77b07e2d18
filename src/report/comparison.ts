/** The variants of a matrix side by side: one row per evaluation, best first, in 80 columns. */
import { own } from '../core/own.js';
import { bestFirst, deviationOf, mainMetrics, type Metrics } from './main-metrics.js';
import { painter } from './style.js';
import { count, printable } from './words.js';

/** The evaluation of one variant. */
export interface Compared {
  /** The evaluate stage of the file. */
  readonly stage: string;
  /** Its value on each axis. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
  /** Undefined if it was not evaluated. */
  readonly metrics: Metrics | undefined;
}

const WIDTH = 80;
const MARK = '* ';
const GAP = '  ';

const METRIC_WIDTH = 8;

/** A table for each evaluate stage with a matrix, if any of its variants was evaluated. */
export function comparisonLines(compared: readonly Compared[], color: boolean): string[] {
  const stages = [...new Set(compared.filter(({ metrics }) => metrics !== undefined).map(({ stage }) => stage))];
  return stages.flatMap((stage) =>
    table(
      stage,
      compared.filter((row) => row.stage === stage).sort((a, b) => bestFirst(a.metrics, b.metrics)),
      color,
    ),
  );
}

function table(stage: string, rows: readonly Compared[], color: boolean): string[] {
  const paint = painter(color);
  const axes = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const measured = mainMetrics
    .map(({ metric }) => metric)
    .filter((metric) => rows.some(({ metrics }) => metrics?.[metric] !== undefined));
  const cells = rows.map(({ values }) => axes.map((axis) => printable(String(own(values, axis) ?? '-'))));
  const wanted = axes.map((axis, column) => Math.max(axis.length, ...cells.map((row) => row[column].length)));
  // If there are too many columns, drop the last metrics.
  const metrics = measured.slice(0, metricsThatFit(wanted, measured.length));
  const widths = narrowed(wanted, WIDTH - MARK.length - metrics.length * (GAP.length + METRIC_WIDTH));
  const line = (mark: string, texts: readonly string[], values: readonly string[]): string =>
    `${mark}${[...texts.map((text, column) => cut(text, widths[column])), ...values.map((value) => value.padStart(METRIC_WIDTH))].join(GAP)}`.trimEnd();
  const header = line(' '.repeat(MARK.length), axes, metrics);
  const body = rows.map((row, index) => {
    const values = metrics.map((name) => row.metrics?.[name]?.toFixed(4) ?? '-');
    const isBest = index === 0 && row.metrics !== undefined;
    return isBest
      ? paint('green', line(MARK, cells[index], values))
      : line(' '.repeat(MARK.length), cells[index], values);
  });
  const best = rows.some(({ metrics: one }) => ['accuracy', 'mAP'].some((name) => deviationOf(one, name) !== undefined))
    ? 'best mean over folds'
    : 'best';
  return [`${paint('bold', stage)}: ${count(rows.length, 'variant')}, ${best} first`, paint('dim', header), ...body];
}

/** How many metrics fit next to axes of these widths; accuracy and loss are always shown. */
function metricsThatFit(axes: readonly number[], measured: number): number {
  const room = WIDTH - MARK.length - axes.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  return Math.max(2, Math.min(measured, Math.floor(room / (GAP.length + METRIC_WIDTH))));
}

/** Narrows the widest column until all fit. */
function narrowed(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  const total = () => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  while (total() > room && Math.max(...widths) > 1) widths[widths.indexOf(Math.max(...widths))]--;
  return widths;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text.padEnd(width);
}

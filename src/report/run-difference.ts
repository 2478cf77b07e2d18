/**
 * Two runs side by side, for a terminal: changed fields, metrics, and images whose prediction became wrong or right.
 */
import { columnLines } from './columns.js';
import type { ChangedPredictions, ChangedImage } from './results/changed-predictions.js';
import { stateWord, type RunRow } from './run-list.js';
import { painter, type Paint } from './style.js';
import { columnsOf } from './text-width.js';
import { count, printable } from './words.js';
import { wrapBeside } from './wrap.js';

export interface RunDifference {
  readonly before: RunRow;
  readonly after: RunRow;
  readonly stages: readonly { readonly name: string; readonly state: string; readonly changes?: readonly string[] }[];
  readonly evaluations: readonly EvaluationDifference[];
}

export interface EvaluationDifference {
  /** The stage in each run. */
  readonly before: string;
  readonly after: string;
  readonly metrics: readonly { readonly name: string; readonly before?: number; readonly after?: number }[];
  /** Null if the predictions of a run are no longer in the cache. */
  readonly pictures: ChangedPredictions | null;
}

/** Images listed of each kind; `--json` has all. */
const MOST_LISTED = 10;

interface Layout {
  readonly paint: Paint;
  readonly width: number;
}

export function differenceLines(
  { before, after, stages, evaluations }: RunDifference,
  terminal: { readonly color: boolean; readonly width: () => number },
): string[] {
  const paint = painter(terminal.color);
  const layout: Layout = { paint, width: terminal.width() };
  const changed = stages.filter(({ state }) => state !== 'same');
  const same = stages.length - changed.length;
  return [
    `${paint('dim', 'before')}  ${headOf(before, layout)}`,
    `${paint('dim', 'after ')}  ${headOf(after, layout)}`,
    '',
    ...changed.flatMap((stage) => stageLines(stage, layout)),
    same === stages.length
      ? `no differences that affect results: ${count(same, 'stage')} unchanged`
      : paint('dim', `${count(same, 'stage')} unchanged`),
    ...evaluations.flatMap((one) => ['', ...evaluationLines(one, layout)]),
  ];
}

function headOf({ id, pipeline, state, set = [] }: RunRow, { width }: Layout): string {
  const run = printable([id, pipeline, stateWord(state)].join('  '));
  const changes = set.map((one) => printable(`--set ${one}`));
  const line = [run, ...changes].join('  ');
  const indent = 'before  '.length;
  return indent + columnsOf(line) <= width ? line : [run, ...changes].join(`\n${' '.repeat(indent)}`);
}

/** What the state of a stage means that is not only changed. */
export const stateWords: Readonly<Record<string, string>> = {
  'only-before': 'only in the earlier run',
  'only-after': 'only in the later run',
  unknown: 'cannot be compared: one of the runs did not reach it',
};

function stageLines(
  { name, state, changes = [] }: RunDifference['stages'][number],
  { paint, width }: Layout,
): string[] {
  const texts = state === 'changed' ? changes.map(printable) : [stateWords[state]];
  return texts.map((text) => `${paint('bold', name)}: ${wrapBeside(text, columnsOf(name) + 2, width)}`);
}

function evaluationLines({ before, after, metrics, pictures }: EvaluationDifference, layout: Layout): string[] {
  const title = before === after ? after : `${before} -> ${after}`;
  const [head, ...rows] = columnLines([
    { title: '', cells: metrics.map(({ name }) => (name === 'samples' ? 'images' : name)) },
    { title: 'before', numeric: true, cells: metrics.map((metric) => shown(metric.before)) },
    { title: 'after', numeric: true, cells: metrics.map((metric) => shown(metric.after)) },
    { title: 'difference', numeric: true, cells: metrics.map(difference) },
  ]);
  const { paint } = layout;
  return [paint('bold', title), paint('dim', head), ...rows, ...imageLines(pictures, layout)];
}

/** A metric, or a count such as that of the images. */
export function shown(value: number | undefined): string {
  if (value === undefined) return '-';
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : value.toFixed(4);
}

function difference({ before, after }: EvaluationDifference['metrics'][number]): string {
  if (before === undefined || after === undefined) return '-';
  const value = after - before;
  return value === 0 ? '=' : `${value > 0 ? '+' : '-'}${shown(Math.abs(value))}`;
}

function imageLines(changed: ChangedPredictions | null, layout: Layout): string[] {
  if (changed === null)
    return ['the predictions of one of the runs are no longer in the cache; run its pipeline again to recompute them'];
  const { compared, onlyBefore, onlyAfter, wrong, right } = changed;
  const others =
    onlyBefore + onlyAfter === 0 ? '' : `; ${onlyBefore} only in the earlier run, ${onlyAfter} only in the later run`;
  return [
    `${count(compared, 'image')} in both runs: ${wrong.length} became wrong, ${right.length} became right${others}`,
    ...listed('wrong', wrong, layout),
    ...listed('right', right, layout),
  ];
}

function listed(kind: 'wrong' | 'right', images: readonly ChangedImage[], { paint, width }: Layout): string[] {
  const shown = images.slice(0, MOST_LISTED);
  const lines = shown.map((one) => `  ${paint(kind === 'wrong' ? 'red' : 'green', kind)}  ${imageText(one, width)}`);
  const rest = images.length - shown.length;
  return rest > 0 ? [...lines, `  and ${rest} more that became ${kind} (--json lists all)`] : lines;
}

const INDENT = '  wrong  '.length;

/** On one line if it fits, otherwise the file and each prediction on lines of their own. */
function imageText({ files, digest, before, after }: ChangedImage, width: number): string {
  const file = printable(files[0] ?? digest.slice(0, 12));
  const [earlier, later] = [before, after].map(({ predicted, score }) =>
    printable(score === undefined ? predicted : `${predicted} ${score.toFixed(4)}`),
  );
  const labels =
    before.label === after.label ? [] : [printable(`was labeled ${before.label}`), printable(`now ${after.label}`)];
  const line = [`${file}  ${earlier} -> ${later}`, ...labels].join(', ');
  if (INDENT + columnsOf(line) <= width) return line;
  // A path is not wrapped, so that it can be copied.
  const lines = [earlier, `-> ${later}`, ...labels].map((text) => wrapBeside(text, INDENT, width));
  return [file, ...lines].join(`\n${' '.repeat(INDENT)}`);
}

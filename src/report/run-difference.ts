/**
 * Two runs side by side, for a terminal: changed fields, metrics, and images whose prediction became wrong or right.
 */
import { columnLines } from './columns.js';
import type { ChangedPredictions, ChangedImage } from './results/changed-predictions.js';
import { stateWord, type RunRow } from './run-list.js';
import { painter, type Paint } from './style.js';
import { count, printable } from './words.js';

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

export function differenceLines({ before, after, stages, evaluations }: RunDifference, color: boolean): string[] {
  const paint = painter(color);
  const changed = stages.filter(({ state }) => state !== 'same');
  const same = stages.length - changed.length;
  return [
    `${paint('dim', 'before')}  ${headOf(before)}`,
    `${paint('dim', 'after ')}  ${headOf(after)}`,
    '',
    ...changed.flatMap((stage) => stageLines(stage, paint)),
    same === stages.length
      ? `no differences that affect results: ${count(same, 'stage')} unchanged`
      : paint('dim', `${count(same, 'stage')} unchanged`),
    ...evaluations.flatMap((one) => ['', ...evaluationLines(one, paint)]),
  ];
}

function headOf({ id, pipeline, state, set = [] }: RunRow): string {
  return printable([id, pipeline, stateWord(state), ...set.map((one) => `--set ${one}`)].join('  '));
}

const words: Readonly<Record<string, string>> = {
  'only-before': 'only in the earlier run',
  'only-after': 'only in the later run',
  unknown: 'cannot be compared: one of the runs did not reach it',
};

function stageLines({ name, state, changes = [] }: RunDifference['stages'][number], paint: Paint): string[] {
  if (state !== 'changed') return [`${paint('bold', name)}: ${words[state]}`];
  return changes.map((change) => `${paint('bold', name)}: ${printable(change)}`);
}

function evaluationLines({ before, after, metrics, pictures }: EvaluationDifference, paint: Paint): string[] {
  const title = before === after ? after : `${before} -> ${after}`;
  const [head, ...rows] = columnLines([
    { title: '', cells: metrics.map(({ name }) => (name === 'samples' ? 'images' : name)) },
    { title: 'before', numeric: true, cells: metrics.map((metric) => shown(metric.before)) },
    { title: 'after', numeric: true, cells: metrics.map((metric) => shown(metric.after)) },
    { title: 'difference', numeric: true, cells: metrics.map(difference) },
  ]);
  return [paint('bold', title), paint('dim', head), ...rows, ...imageLines(pictures, paint)];
}

function shown(value: number | undefined): string {
  if (value === undefined) return '-';
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : value.toFixed(4);
}

function difference({ before, after }: EvaluationDifference['metrics'][number]): string {
  if (before === undefined || after === undefined) return '-';
  const value = after - before;
  return value === 0 ? '=' : `${value > 0 ? '+' : '-'}${shown(Math.abs(value))}`;
}

function imageLines(changed: ChangedPredictions | null, paint: Paint): string[] {
  if (changed === null)
    return ['the predictions of one of the runs are no longer in the cache; run its pipeline again to recompute them'];
  const { compared, onlyBefore, onlyAfter, wrong, right } = changed;
  const others =
    onlyBefore + onlyAfter === 0 ? '' : `; ${onlyBefore} only in the earlier run, ${onlyAfter} only in the later run`;
  return [
    `${count(compared, 'image')} in both runs: ${wrong.length} became wrong, ${right.length} became right${others}`,
    ...listed('wrong', wrong, paint),
    ...listed('right', right, paint),
  ];
}

function listed(kind: 'wrong' | 'right', images: readonly ChangedImage[], paint: Paint): string[] {
  const lines = images.slice(0, MOST_LISTED).map(({ files, digest, before, after }) => {
    const label = before.label === after.label ? '' : `, was labeled ${before.label}, now ${after.label}`;
    const predictions = `${before.predicted} ${before.score.toFixed(4)} -> ${after.predicted} ${after.score.toFixed(4)}${label}`;
    return `  ${paint(kind === 'wrong' ? 'red' : 'green', kind)}  ${printable(`${files[0] ?? digest.slice(0, 12)}  ${predictions}`)}`;
  });
  const rest = images.length - lines.length;
  return rest > 0 ? [...lines, `  and ${rest} more that became ${kind} (--json lists all)`] : lines;
}

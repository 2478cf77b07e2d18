/** Runs as a table for a terminal, and as one object each for programs. */
import type { RunFound } from '../core/run-record.js';
import { columnLines, type Column } from './columns.js';
import { bestFirst } from './main-metrics.js';
import { painter } from './style.js';
import { duration } from './words.js';

/** A run with its metrics. */
export interface RunRow {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly startedAt?: string;
  readonly pipeline?: string;
  readonly file?: string;
  readonly set?: readonly string[];
  readonly state: string;
  readonly durationMs?: number;
  readonly stages?: {
    readonly ran: number;
    readonly restored: number;
    readonly fresh: number;
    readonly failed: number;
    readonly interrupted: number;
    readonly skipped: number;
  };
  readonly metrics?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function rowOf(found: RunFound): RunRow {
  if (found.state === 'unreadable') return { id: found.id, state: 'unreadable' };
  const { startedAt, pipeline, source } = found.run;
  const start = { id: found.id, startedAt, pipeline: pipeline.name, file: pipeline.file, set: source.set };
  if (found.state !== 'finished') return { ...start, state: found.state };
  const { state, durationMs, stages, metrics } = found.run;
  const counts = { ran: 0, restored: 0, fresh: 0, failed: 0, interrupted: 0, skipped: 0 };
  for (const stage of stages) counts[stage.state]++;
  return { ...start, state, durationMs, stages: counts, metrics };
}

/** A run's state for people; programs get the state itself. */
export function stateWord(state: string): string {
  return state === 'gate-missed' ? 'minimum not met' : state;
}

/** Newest first, as given; the last columns have the metrics of the best evaluation. */
export function runLines(
  rows: readonly RunRow[],
  { color, width }: { readonly color: boolean; readonly width: number },
): string[] {
  const paint = painter(color);
  const best = rows.map(({ metrics = {} }) => Object.values(metrics).sort(bestFirst)[0]);
  const columns: Column[] = [
    { title: 'run', cells: rows.map(({ id }) => id) },
    { title: 'started', cells: rows.map(({ startedAt }) => (startedAt === undefined ? '-' : localTime(startedAt))) },
    {
      title: 'pipeline',
      cells: rows.map(({ pipeline = '-' }) => (pipeline.length > 14 ? `${pipeline.slice(0, 13)}…` : pipeline)),
    },
    { title: 'state', cells: rows.map(({ state }) => stateWord(state)) },
    {
      title: 'took',
      numeric: true,
      cells: rows.map(({ durationMs }) => (durationMs === undefined ? '-' : duration(durationMs))),
    },
    {
      title: 'ran',
      cells: rows.map(({ stages }) =>
        stages === undefined
          ? '-'
          : `${stages.ran}+${stages.restored}/${Object.values(stages).reduce((sum, count) => sum + count, 0)}`,
      ),
    },
    { title: 'acc', numeric: true, cells: best.map((metrics) => metrics?.accuracy?.toFixed(4) ?? '-') },
    { title: 'loss', numeric: true, cells: best.map((metrics) => metrics?.loss?.toFixed(4) ?? '-') },
  ];
  const [head, ...lines] = fitting(columns, width);
  return [
    paint('dim', head),
    ...lines.map((line, index) => (rows[index].state === 'ok' ? line : paint('yellow', line))),
  ];
}

/** Drops columns until the lines fit, the least important first: year and time are also in the id, in UTC. */
function fitting(columns: readonly Column[], width: number): string[] {
  const without = (some: readonly Column[], title: string): Column[] => some.filter((column) => column.title !== title);
  const noYear = columns.map((column) =>
    column.title === 'started'
      ? { ...column, cells: column.cells.map((cell) => cell.slice(cell.indexOf('-') + 1)) }
      : column,
  );
  const choices = [
    columns,
    without(columns, 'loss'),
    without(noYear, 'loss'),
    without(without(columns, 'loss'), 'started'),
  ].map(columnLines);
  return choices.find((lines) => lines.every((line) => line.length <= width)) ?? choices[choices.length - 1];
}

/** `2026-09-01 14:03`, in local time. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

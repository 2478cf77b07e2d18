/** The closing lines of a run. */
import type { RunState, StageSummary } from '../core/event.js';
import { plainNames } from '../core/text/names.js';
import { mainMetrics, plusMinus } from './main-metrics.js';
import { painter } from './style.js';
import { columnsOf } from './text-width.js';
import { count, duration } from './words.js';

export interface Closing {
  readonly state: RunState;
  readonly durationMs: number;
  readonly stages: readonly StageSummary[];
  /** Stages that were up to date but ran again, because the cache had lost their results. */
  readonly healed: readonly string[];
  /** Set if the verdict advises against using the model: a run like that does not end in green. */
  readonly doubtful?: boolean;
}

/** The main metrics of each evaluation. */
export function metricLines(
  all: Readonly<Record<string, Readonly<Record<string, number>>>>,
  color: boolean,
  width: number,
): string[] {
  const paint = painter(color);
  return Object.entries(all).flatMap(([stage, metrics]) => {
    const values = mainMetrics.flatMap(({ metric }) =>
      metrics[metric] === undefined ? [] : [`${metric} ${metrics[metric].toFixed(4)}${plusMinus(metrics, metric)}`],
    );
    const text = values.join('  ');
    // Not wrapped between a metric and its value.
    return columnsOf(`${stage}: ${text}`) > width
      ? [`${paint('bold', stage)}:`, ...packed(values, width - 2).map((line) => `  ${line}`)]
      : [`${paint('bold', stage)}: ${text}`];
  });
}

/** As many of the texts on each line as fit. */
function packed(texts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const longer = lines.length === 0 ? text : `${lines[lines.length - 1]}  ${text}`;
    if (lines.length === 0 || columnsOf(longer) > width) lines.push(text);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** How the run ended, and how many stages ran. */
export function closingLine(run: Closing, color: boolean): string {
  const paint = painter(color);
  const time = duration(run.durationMs);
  switch (run.state) {
    case 'ok':
      return paint(run.doubtful ? 'yellow' : 'green', doneText(run, time));
    case 'gate-missed':
      return paint('red', `minimum not met (${time}): ${skippedExports(run.stages)}finished stages are cached`);
    case 'failed':
      return paint('red', `failed after ${time}${failedText(run.stages)}`);
    case 'interrupted':
      return paint('yellow', `interrupted after ${time}. Finished stages are cached: run again to continue.`);
  }
}

function failedText(stages: readonly StageSummary[]): string {
  const isNothingDone = stages.every(({ state }) => state === 'failed' || state === 'skipped');
  return isNothingDone
    ? ', before any stage ran: fix the problem and run again.'
    : '. Finished stages are cached: fix the problem and run again to continue.';
}

function doneText({ stages, healed }: Closing, time: string): string {
  const done = stages.filter(({ state }) => state === 'ran').length;
  const restored = stages.filter(({ state }) => state === 'restored').length;
  if (done + restored + healed.length === 0)
    return `nothing to do: all ${count(stages.length, 'stage')} are up to date (${time})`;
  const fresh = stages.length - done - restored;
  return `done in ${time}: ${count(done, 'stage')} ran, ${restored} restored, ${fresh} up to date${recomputed(healed)}`;
}

function recomputed(healed: readonly string[]): string {
  return healed.length === 0 ? '' : `; ${plainNames(healed)} ran again because the cache had lost the results`;
}

/** Names the exports that did not run; those of other variants may have. */
function skippedExports(stages: readonly StageSummary[]): string {
  const names = stages.filter(({ kind, state }) => kind === 'export' && state === 'skipped').map(({ name }) => name);
  return names.length === 0 ? '' : `${plainNames(names)} did not run; `;
}

/** The closing lines of a run. */
import type { RunState, StageSummary } from '../core/event.js';
import { plainNames } from '../core/text/names.js';
import { mainMetrics } from './main-metrics.js';
import { painter } from './style.js';
import { columnsOf } from './text-width.js';
import { count, duration } from './words.js';

export interface Closing {
  readonly state: RunState;
  readonly durationMs: number;
  readonly stages: readonly StageSummary[];
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Stages that were up to date but ran again, because the cache had lost their results. */
  readonly healed: readonly string[];
}

/** The metrics of the evaluations, and how many stages ran. */
export function closingLines(run: Closing, color: boolean, width: number): string[] {
  const paint = painter(color);
  const metricLines = Object.entries(run.metrics).flatMap(([stage, metrics]) => {
    const values = mainMetrics.flatMap(({ metric }) =>
      metrics[metric] === undefined ? [] : [`${metric} ${metrics[metric].toFixed(4)}`],
    );
    const text = values.join('  ');
    // Not wrapped between a metric and its value.
    return columnsOf(`${stage}: ${text}`) > width
      ? [`${paint('bold', stage)}:`, `  ${text}`]
      : [`${paint('bold', stage)}: ${text}`];
  });
  const done = run.stages.filter(({ state }) => state === 'ran').length;
  const restored = run.stages.filter(({ state }) => state === 'restored').length;
  const time = duration(run.durationMs);
  switch (run.state) {
    case 'ok':
      if (done + restored + run.healed.length === 0)
        return [
          ...metricLines,
          paint('green', `nothing to do: all ${count(run.stages.length, 'stage')} are up to date (${time})`),
        ];
      return [
        ...metricLines,
        paint(
          'green',
          `done in ${time}: ${count(done, 'stage')} ran, ${restored} restored, ${run.stages.length - done - restored} up to date${recomputed(run.healed)}`,
        ),
      ];
    case 'gate-missed':
      return [
        ...metricLines,
        paint('red', `minimum not met (${time}): ${skippedExports(run.stages)}finished stages are cached`),
      ];
    case 'failed':
      return [
        ...metricLines,
        paint('red', `failed after ${time}. Finished stages are cached: fix the problem and run again to continue.`),
      ];
    case 'interrupted':
      return [
        ...metricLines,
        paint('yellow', `interrupted after ${time}. Finished stages are cached: run again to continue.`),
      ];
  }
}

function recomputed(healed: readonly string[]): string {
  return healed.length === 0 ? '' : `; ${plainNames(healed)} ran again because the cache had lost the results`;
}

/** Names the exports that did not run; those of other variants may have. */
function skippedExports(stages: readonly StageSummary[]): string {
  const names = stages.filter(({ kind, state }) => kind === 'export' && state === 'skipped').map(({ name }) => name);
  return names.length === 0 ? '' : `${plainNames(names)} did not run; `;
}

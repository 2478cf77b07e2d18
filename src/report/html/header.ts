/** The head of the page: what ran and how it ended; also the main metrics of an evaluation. */
import type { Problem } from '../../core/problem.js';
import type { RunEnd, RunStart } from '../../core/run-record.js';
import { rangeOf } from '../../model/ranges.js';
import type { EvaluationMetrics } from '../../model/results.js';
import { mainMetrics } from '../main-metrics.js';
import { count, duration } from '../words.js';
import { deviation, measured, moment, whole } from './figures.js';
import { html, type Html } from './markup.js';

const words: Readonly<Record<RunEnd['state'] | 'running' | 'killed', string>> = {
  ok: 'done',
  failed: 'failed',
  'gate-missed': 'minimum not met',
  interrupted: 'interrupted',
  running: 'still running when this page was written',
  killed: 'killed before it ended',
};

export function header(run: RunStart, state: keyof typeof words, end: RunEnd | undefined): Html {
  const ran = end?.stages.filter((stage) => stage.state === 'ran').length ?? 0;
  const work =
    end === undefined
      ? undefined
      : html` in ${duration(end.durationMs)}, ${ran} of ${count(end.stages.length, 'stage')} ran`;
  return html`<header><p class="kind">Run report</p><h1>${run.pipeline.name}</h1><p class="facts-line"><span class="run-state ${state}">${words[state]}</span>${work} · ${moment(run.startedAt)} · <code>${run.id}</code></p></header>${problems(end?.problems ?? [])}`;
}

function problems(all: readonly Problem[]): Html | undefined {
  if (all.length === 0) return undefined;
  const items = all.map(({ where, found, expected, remedy }) => {
    const place = where === undefined ? undefined : html`<b>${where}</b> `;
    return html`<li><p>${place}${found}</p>${expected === undefined ? undefined : html`<p>expected: ${expected}</p>`}${remedy === undefined ? undefined : html`<p>→ ${remedy}</p>`}</li>`;
  });
  const title = all.every(({ code }) => code === 'interrupted') ? 'What was interrupted' : 'What went wrong';
  return html`<section class="problems" aria-labelledby="problems"><h2 id="problems">${title}</h2><ul>${items}</ul></section>`;
}

/** The main metrics of one evaluation. */
export function metricCards(
  metrics: Readonly<Record<string, number>>,
  intervals?: EvaluationMetrics['intervals'],
): Html {
  const cards = mainMetrics.flatMap(({ metric, label }) =>
    metrics[metric] === undefined
      ? []
      : [
          html`<div><dt>${label}</dt><dd>${measured(metrics[metric], rangeOf(intervals, metric), 3)}${deviation(metrics, metric)}</dd></div>`,
        ],
  );
  const samples =
    metrics.samples === undefined ? undefined : html`<div><dt>images</dt><dd>${whole(metrics.samples)}</dd></div>`;
  return html`<dl class="cards">${cards}${samples}</dl>`;
}

/** Cross-validation: the metrics of each fold, their means and standard deviations. */
import type { EvaluationMetrics } from '../../model/results.js';
import { deviationOf, mainMetrics } from '../main-metrics.js';
import { valueOf } from '../results/kept.js';
import type { Training } from '../results/training.js';
import { figure, whole } from './figures.js';
import { html, type Html } from './markup.js';

export interface Folds {
  /** In the order of the folds. */
  readonly trainings: readonly (Training | undefined)[];
  /** Whether held-out images decided when training stops. */
  readonly monitored: boolean;
}

export function folds(metrics: EvaluationMetrics, { trainings, monitored }: Folds): Html {
  const scores = metrics.folds ?? [];
  const shown = mainMetrics.filter(({ metric }) => valueIn(metrics, metric) !== undefined);
  const rows = scores.map((fold, index) => {
    const training = trainings[index];
    const history = training && valueOf(training.history);
    const cells = shown.map(({ metric }) => {
      const value = valueIn(fold, metric);
      return html`<td>${value === undefined ? '–' : figure(value)}</td>`;
    });
    return html`<tr><th scope="row">${index + 1}</th>${cells}<td>${history === undefined ? '–' : whole(history.bestEpoch)}</td><td>${whole(fold.samples)}</td></tr>`;
  });
  const foot = (title: string, of: (metric: string) => number | undefined): Html =>
    html`<tr><th scope="row">${title}</th>${shown.map(({ metric }) => html`<td>${figure(of(metric) ?? 0)}</td>`)}<td></td><td></td></tr>`;
  const numbers = metrics as unknown as Readonly<Record<string, number>>;
  const optimism = monitored
    ? html`<p>Each training stopped, or lowered its learning rate, by the images of its own fold: these metrics are slightly optimistic.</p>`
    : undefined;
  return html`<p>Each of the ${scores.length} models was trained without the images of its fold and measured on them. The standard deviation is that of a sample (n − 1).</p>${optimism}<div class="scroll" tabindex="0" role="region" aria-label="Folds"><table class="numbers names"><caption>${scores.length} folds</caption><thead><tr><th scope="col">fold</th>${shown.map(({ label }) => html`<th scope="col">${label}</th>`)}<th scope="col">epoch</th><th scope="col">images</th></tr></thead><tbody>${rows}</tbody><tfoot>${foot('mean', (metric) => valueIn(metrics, metric))}${foot('deviation', (metric) => deviationOf(numbers, metric))}</tfoot></table></div>`;
}

function valueIn(scores: object, metric: string): number | undefined {
  const value: unknown = (scores as Readonly<Record<string, unknown>>)[metric];
  return typeof value === 'number' ? value : undefined;
}

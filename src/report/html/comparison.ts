/** Several evaluations of one run side by side, the best first. */
import { own } from '../../core/own.js';
import type { RecordedNode } from '../../core/run-record.js';
import { mainMetrics } from '../main-metrics.js';
import { namesClass } from './name-column.js';
import { deviation, figure } from './figures.js';
import { html, type Html } from './markup.js';

export function comparison(
  ranked: readonly RecordedNode[],
  metrics: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Html {
  const measured = mainMetrics.filter(({ metric }) =>
    ranked.some(({ name }) => own(metrics, name)?.[metric] !== undefined),
  );
  const axes = [...new Set(ranked.flatMap(({ variant }) => Object.keys(variant?.values ?? {})))];
  const rows = ranked.map(({ name, variant }) => {
    const values = axes.map((axis) => html`<td>${String(own(variant?.values, axis) ?? '–')}</td>`);
    const figures = measured.map(
      ({ metric }) =>
        html`<td>${own(metrics, name)?.[metric] === undefined ? '–' : figure(metrics[name][metric])}${deviation(own(metrics, name), metric)}</td>`,
    );
    return html`<tr><th scope="row">${variant?.base ?? name}</th>${values}${figures}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Evaluations"><table class="numbers ${namesClass(ranked.map(({ name, variant }) => variant?.base ?? name))}"><caption>${ranked.length} evaluations, best first</caption><thead><tr><th scope="col">evaluation</th>${axes.map((axis) => html`<th scope="col">${axis}</th>`)}${measured.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

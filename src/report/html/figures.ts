/** Numbers and small phrases of the page. Each shown number carries the exact value, for programs. */
import type { Range } from '../../model/ranges.js';
import { deviationOf, type Metrics } from '../main-metrics.js';
import type { Kept } from '../results/kept.js';
import { html, type Html } from './markup.js';

export const fourDigits = (value: number): string => value.toFixed(4);

/** `0.9730`, with the exact value as data. */
export function figure(value: number, text: (value: number) => string = fourDigits): Html {
  return html`<data value="${value}">${text(value)}</data>`;
}

/** A figure, and below it the interval of 95 percent if one is known: `0.96–1.00`. */
export function measured(value: number, range: Range | undefined, digits: number): Html {
  if (range === undefined) return figure(value);
  const [low, high] = range.map((end) => figure(end, () => end.toFixed(digits)));
  return html`${figure(value)}<small class="interval">${low}–${high}</small>`;
}

/** The standard deviation over folds of a metric; nothing for one that was measured once. */
export function deviation(metrics: Metrics | undefined, metric: string): Html | undefined {
  const value = deviationOf(metrics, metric);
  return value === undefined ? undefined : html` <small>± ${figure(value)}</small>`;
}

export function whole(value: number): Html {
  return html`<data value="${value}">${value.toLocaleString('en-US')}</data>`;
}

/** `2026-09-01 14:03:12 UTC`: independent of the reader's time zone. */
export function moment(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** A chart with its caption and, below it, its values as a table. */
export function chartFigure({
  title,
  chart,
  legend,
  table,
}: {
  title: string;
  chart: Html;
  legend?: Html;
  table: Html;
}): Html {
  return html`<figure><figcaption>${title}</figcaption>${legend}${chart}<details><summary>Show “${title}” as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}, table">${table}</div></details></figure>`;
}

/** Explains why something is missing, and how to get it back. */
export function missing(what: string, kept: Exclude<Kept<unknown>, { state: 'kept' }>, file: string): Html {
  const why =
    kept.state === 'gone'
      ? html`is no longer in the cache. Run <code>pipeline run ${file}</code> to recompute it, if the pipeline has not changed.`
      : html`is not available: the stage did not finish in this run.`;
  return html`<p class="missing">${what} ${why}</p>`;
}

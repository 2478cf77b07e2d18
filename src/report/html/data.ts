/** The images of the run: counts by class and split, and skipped files. */
import { own } from '../../core/own.js';
import type { DataSummary } from '../../image/dataset.js';
import type { Data } from '../results/training.js';
import { namesClass } from './name-column.js';
import { missing, whole } from './figures.js';
import { html, type Html } from './markup.js';

const MOST_SKIPPED = 50;
/** With more classes than this, the table is scrolled. */
const SHOWN_CLASSES = 20;

export function data({ summary }: Data, file: string): Html {
  if (summary.state !== 'kept') return missing('The data summary', summary, file);
  return html`${counts(summary.value)}${skipped(summary.value)}`;
}

function counts({ classes, counts: bySplit, images }: DataSummary): Html {
  const splits = Object.keys(bySplit);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const row = (name: string): readonly number[] => splits.map((split) => own(bySplit[split], name) ?? 0);
  const cells = (numbers: readonly number[]): Html =>
    html`${numbers.map((number) => html`<td>${whole(number)}</td>`)}<td class="total">${whole(sum(numbers))}</td>`;
  // An image of several classes is in several rows.
  const totals = splits.map((split) => images?.[split] ?? sum(Object.values(bySplit[split])));
  const tall = classes.length > SHOWN_CLASSES ? ' tall' : '';
  return html`<div class="scroll${tall}" tabindex="0" role="region" aria-label="Images by class and split"><table class="numbers ${namesClass(classes)}"><caption>Images by class and split</caption><thead><tr><th scope="col">class</th>${splits.map((split) => html`<th scope="col">${split}</th>`)}<th scope="col" class="total">total</th></tr></thead><tbody>${classes.map((name) => html`<tr><th scope="row">${name}</th>${cells(row(name))}</tr>`)}</tbody><tfoot><tr><th scope="row">${images === undefined ? 'total' : 'images'}</th>${cells(totals)}</tr></tfoot></table></div>`;
}

function skipped({ bad }: DataSummary): Html {
  if (bad.length === 0) return html`<p>No images were skipped.</p>`;
  const rest =
    bad.length > MOST_SKIPPED
      ? html`<li>and ${whole(bad.length - MOST_SKIPPED)} more; see summary.json of the stage</li>`
      : undefined;
  return html`<h3>Skipped files</h3><p>${whole(bad.length)} ${bad.length === 1 ? 'file' : 'files'} could not be used:</p><ul class="plain">${bad.slice(0, MOST_SKIPPED).map(({ path, reason }) => html`<li><bdi>${path}</bdi> ${reason}</li>`)}${rest}</ul>`;
}

/** The confusion matrix as a shaded table; for many classes, scrollable and next to the most confused pairs. */
import type { SingleMetrics } from '../../model/results.js';
import { columnsOf } from '../text-width.js';
import { namesClass } from './name-column.js';
import { whole } from './figures.js';
import { html, type Html } from './markup.js';

const MANY_CLASSES = 20;
/** No matrix beyond this: it grows with the square of the classes. */
const MOST_CLASSES = 100;
const MOST_PAIRS = 15;
/** Letters of all names that fit above the columns: beside another table, and across the page. */
const ROOM = { half: 40, full: 80 };
/** The narrowest column, in letters. */
const NARROWEST = 5;

export interface Confusion {
  /** Undefined beyond {@link MOST_CLASSES}. */
  readonly matrix: Html | undefined;
  /** Undefined if the matrix can be read at a glance. */
  readonly pairs: Html | undefined;
}

export function confusion(figures: SingleMetrics): Confusion {
  const { length } = figures.classes;
  return {
    matrix: length > MOST_CLASSES ? undefined : matrix(figures),
    pairs: length > MANY_CLASSES ? pairs(figures) : undefined,
  };
}

/** Columns are headed by the names of the classes if these fit, otherwise by numbers, which the rows explain. */
function matrix({ classes, confusion: counts }: SingleMetrics): Html {
  const numbered = !namesFit(classes);
  const number = (index: number): Html => html`<span class="number">${index + 1}</span> `;
  const rows = counts.map((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, predicted) => {
      // Rare confusions stay visible: only zero has no shade.
      const shade = count === 0 ? 0 : Math.max(1, Math.round((count / total) * 10));
      return html`<td class="${truth === predicted ? 'right' : 'wrong'} shade-${shade}">${whole(count)}</td>`;
    });
    return html`<tr><th scope="row">${numbered ? number(truth) : undefined}${classes[truth]}</th>${cells}<td class="total">${whole(total)}</td></tr>`;
  });
  const heads = classes.map((name, index) =>
    numbered ? html`<th scope="col" title="${name}">${index + 1}</th>` : html`<th scope="col">${name}</th>`,
  );
  const columns = numbered
    ? 'predicted classes in columns, by the numbers of the rows'
    : 'predicted classes in columns';
  const tall = classes.length > MANY_CLASSES ? ' tall' : '';
  const style = `numbers confusion ${namesClass(classes)}${numbered ? ' numbered' : ''}`;
  return html`<div class="scroll${tall}" tabindex="0" role="region" aria-label="Confusion matrix"><table class="${style}"><caption><span>Confusion matrix: true classes in rows, ${columns}</span></caption><thead><tr><td></td>${heads}<th scope="col" class="total">total</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function namesFit(classes: readonly string[]): boolean {
  const letters = classes.reduce((sum, name) => sum + Math.max(NARROWEST, columnsOf(name)), 0);
  return letters <= (classes.length <= 3 ? ROOM.half : ROOM.full);
}

function pairs({ classes, confusion: counts }: SingleMetrics): Html {
  const confused = counts.flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })));
  const most = confused
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count);
  const rows = most
    .slice(0, MOST_PAIRS)
    .map(
      ({ truth, predicted, count }) =>
        html`<tr><th scope="row">${classes[truth]}</th><td class="text">${classes[predicted]}</td><td>${whole(count)}</td></tr>`,
    );
  const left = most.length > MOST_PAIRS ? `, ${MOST_PAIRS} of ${most.length.toLocaleString('en-US')} pairs` : '';
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Most confused classes"><table class="numbers ${namesClass(classes)}"><caption>Most confused classes${left}</caption><thead><tr><th scope="col">class</th><th scope="col" class="text">predicted as</th><th scope="col">images</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** The confusion matrix as a shaded table; for many classes, scrollable and after the most confused pairs. */
import type { EvaluationMetrics } from '../../model/results.js';
import { whole } from './figures.js';
import { html, type Html } from './markup.js';

const MANY_CLASSES = 20;
/** No matrix beyond this: it grows with the square of the classes. */
const MOST_CLASSES = 100;
const MOST_PAIRS = 15;

export function confusion(figures: EvaluationMetrics): Html {
  const { length } = figures.classes;
  if (length <= MANY_CLASSES) return matrix(figures);
  return length > MOST_CLASSES ? pairs(figures) : html`${pairs(figures)}${matrix(figures, ' tall')}`;
}

function matrix({ classes, confusion: counts }: EvaluationMetrics, tall = ''): Html {
  const rows = counts.map((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, predicted) => {
      // Rare confusions stay visible: only zero has no shade.
      const shade = count === 0 ? 0 : Math.max(1, Math.round((count / total) * 10));
      return html`<td class="${truth === predicted ? 'right' : 'wrong'} shade-${shade}">${whole(count)}</td>`;
    });
    return html`<tr><th scope="row">${classes[truth]}</th>${cells}<td class="total">${whole(total)}</td></tr>`;
  });
  return html`<div class="scroll${tall}" tabindex="0" role="region" aria-label="Confusion matrix"><table class="numbers confusion"><caption>Confusion matrix: true classes in rows, predicted classes in columns</caption><thead><tr><td></td>${classes.map((name) => html`<th scope="col">${name}</th>`)}<th scope="col" class="total">total</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function pairs({ classes, confusion: counts }: EvaluationMetrics): Html {
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
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Most confused classes"><table class="numbers"><caption>Most confused classes${left}</caption><thead><tr><th scope="col">class</th><th scope="col" class="text">predicted as</th><th scope="col">images</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

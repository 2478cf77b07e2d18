/** The worst mistakes of the model, as images with their predictions. */
import { isRight, labeledClasses, predictedClasses, wrongClasses } from '../../model/predicted-row.js';
import type { MultilabelRow } from '../../model/multilabel-results.js';
import type { PredictionRow, Predictions } from '../../model/results.js';
import type { ShownImage } from '../results/thumbnails.js';
import { hasLongNames } from './name-column.js';
import { html, type Html } from './markup.js';

/** An image of the list, worst first. */
export interface Example {
  readonly row: Predictions['rows'][number];
  /** All paths of the image below the source; none if they are not known anymore. */
  readonly files: readonly string[];
  readonly image: ShownImage;
}

const absences: Readonly<Record<Exclude<ShownImage['state'], 'shown'>, string>> = {
  gone: 'the image file no longer exists',
  changed: 'the image file has changed',
  unreadable: 'the image cannot be decoded',
  'left-out': 'not shown, to keep the page small',
};

export function mistakes({ task, classes, rows }: Predictions, examples: readonly Example[]): Html {
  const wrong = [...rows].filter((row) => !isRight(row)).length;
  const shown = examples.filter(({ row }) => !isRight(row)).length;
  const images = `${rows.length.toLocaleString('en-US')} ${rows.length === 1 ? 'image' : 'images'}`;
  const summary =
    wrong === 0
      ? `No mistakes on ${images}.`
      : `${wrong.toLocaleString('en-US')} of ${images} ${task === 'multilabel' ? `${wrong === 1 ? 'has' : 'have'} a wrong or a missing class` : `${wrong === 1 ? 'was' : 'were'} misclassified`}${shown < wrong ? `; the ${shown} worst are shown` : ''}.`;
  const others = shown < examples.length ? ' The others are the least certain correct predictions.' : '';
  return html`<p>${summary}${others}</p><ul class="pictures${hasLongNames(classes) ? ' long' : ''}">${examples.map((one) => item(one, classes))}</ul>`;
}

function item({ row, files, image }: Example, classes: readonly string[]): Html {
  const { digest } = row;
  const name = files[0] ?? digest.slice(0, 12);
  const others = files.length > 1 ? ` and ${files.length - 1} more` : '';
  const prediction = 'labels' in row ? decisions(row, classes) : decision(row, classes);
  const frame =
    image.state === 'shown'
      ? html`<img src="${image.url}" width="${image.width}" height="${image.height}" alt="Image ${name}">`
      : html`<p class="absent">${absences[image.state]}</p>`;
  return html`<li><div class="frame">${frame}</div>${prediction}<p class="file" title="${files.join('\n') || digest}"><bdi>${name}</bdi>${others}</p></li>`;
}

/** The class of an image that has one. */
function decision({ label, predicted, scores }: PredictionRow, classes: readonly string[]): Html {
  return label === predicted
    ? html`<p><span class="tag right">correct</span> ${classes[label]} <b>${score(scores[label])}</b></p>`
    : html`<p><span class="tag wrong">predicted</span> ${classes[predicted]} <b>${score(scores[predicted])}</b></p><p>labeled ${classes[label]} <b>${score(scores[label])}</b></p>`;
}

/** The classes of an image that may have several: mistakes first. */
function decisions(row: MultilabelRow, classes: readonly string[]): Html {
  const wrong = wrongClasses(row);
  const labeled = labeledClasses(row);
  const right = predictedClasses(row).filter((index) => labeled.includes(index));
  const line = (index: number, word: string, tag: string): Html =>
    html`<p><span class="tag ${tag}">${word}</span> ${classes[index]} <b>${score(row.scores[index])}</b></p>`;
  if (wrong.length + right.length === 0) return html`<p><span class="tag right">correct</span> no class</p>`;
  return html`${wrong.map((index) => line(index, labeled.includes(index) ? 'missed' : 'predicted', 'wrong'))}${right.map((index) => line(index, 'correct', 'right'))}`;
}

function score(value: number): Html {
  return html`<data value="${value}">${(value * 100).toFixed(1)}%</data>`;
}

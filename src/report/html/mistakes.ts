/** The pictures that the model was most wrong about, with what it said of them. */
import type { PredictionRow, Predictions } from '../../model/results.js';
import type { ShownPicture } from '../results/pictures.js';
import { html, type Html } from './markup.js';

/** A picture of the list, worst first. */
export interface Looked {
  readonly row: PredictionRow;
  /** All names of the picture, below the source; none where they are not known any more. */
  readonly files: readonly string[];
  readonly picture: ShownPicture;
}

const absences: Readonly<Record<Exclude<ShownPicture['state'], 'shown'>, string>> = {
  gone: 'the image file no longer exists',
  changed: 'the image file has changed',
  unreadable: 'the image cannot be decoded',
  'left-out': 'not shown, to keep the page small',
};

export function mistakes({ classes, rows }: Predictions, looked: readonly Looked[]): Html {
  const wrong = rows.filter(({ label, predicted }) => label !== predicted).length;
  const shown = looked.filter(({ row }) => row.label !== row.predicted).length;
  const pictures = `${rows.length.toLocaleString('en-US')} ${rows.length === 1 ? 'image' : 'images'}`;
  const told =
    wrong === 0
      ? `No mistakes on ${pictures}.`
      : `${wrong.toLocaleString('en-US')} of ${pictures} ${wrong === 1 ? 'was' : 'were'} misclassified${shown < wrong ? `; the ${shown} worst are shown` : ''}.`;
  const others = shown < looked.length ? ' The others are the least certain correct predictions.' : '';
  return html`<p>${told}${others}</p><ul class="pictures">${looked.map((one) => item(one, classes))}</ul>`;
}

function item({ row, files, picture }: Looked, classes: readonly string[]): Html {
  const { label, predicted, scores, digest } = row;
  const isRight = label === predicted;
  const name = files[0] ?? digest.slice(0, 12);
  const others = files.length > 1 ? ` and ${files.length - 1} more` : '';
  const said = isRight
    ? html`<p><span class="tag right">correct</span> ${classes[label]} <b>${score(scores[label])}</b></p>`
    : html`<p><span class="tag wrong">predicted</span> ${classes[predicted]} <b>${score(scores[predicted])}</b></p><p>labeled ${classes[label]} <b>${score(scores[label])}</b></p>`;
  const image =
    picture.state === 'shown'
      ? html`<img src="${picture.url}" width="${picture.width}" height="${picture.height}" alt="Image ${name}">`
      : html`<p class="absent">${absences[picture.state]}</p>`;
  return html`<li><div class="frame">${image}</div>${said}<p class="file" title="${files.join('\n') || digest}"><bdi>${name}</bdi>${others}</p></li>`;
}

function score(value: number): Html {
  return html`<data value="${value}">${(value * 100).toFixed(1)}%</data>`;
}

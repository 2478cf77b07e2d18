/** What the page says about the model while and after it loads. */
import { plainNames } from '../core/text/names.js';
import type { PageFacts } from '../model/served-facts.js';
import type { RuntimeFacts } from './classifier.js';
import { element } from './scores.js';

export function introduceModel({ id, name, classes, thresholds, image, margin }: PageFacts): void {
  const [height, width] = image.size;
  const ways = { crop: 'resized and cropped to', pad: 'resized and padded to' };
  const way = image.fit === undefined ? 'resized to' : ways[image.fit.kind];
  if (name !== undefined) document.title = `${name}: classify an image`;
  element('about').textContent =
    `The model${name === undefined ? '' : ` ${name}`} recognizes ${classes.length} classes${thresholds === undefined ? '' : ', of which an image may have several'}: ${plainNames(classes)}. Images are ${way} ${width} × ${height} pixels.`;
  // Without the tool behind the page there is nothing to compare with.
  element('ask').hidden = id === undefined;
  const change = id === undefined ? '' : ' To change this, start pipeline serve with --margin.';
  element('sureness').textContent =
    margin === 0 ? '' : `The page says “not sure” ${unsureText(margin, thresholds !== undefined)}.${change}`;
}

function unsureText(margin: number, several: boolean): string {
  const share = +(margin * 100).toFixed(1);
  return several
    ? `about a class whose score is less than ${share}% of the way from its threshold to 0% or 100%`
    : `if the two best scores are less than ${share} percentage points apart`;
}

export function introduceRuntime({ runtime, note = '' }: RuntimeFacts): void {
  element('runtime').textContent = `Runs on ${runtime}.`;
  element('runtime-note').textContent = note;
}

/** A bar for models that take a while to arrive. Its numbers are not announced, the status is. */
export class LoadingProgress {
  private readonly bar = element<HTMLProgressElement>('progress');
  private readonly text = element('loaded');

  show(done: number, total: number): void {
    element('loading').hidden = false;
    if (done < total) {
      this.bar.value = done / total;
      this.text.textContent = `${megabytes(done)} of ${megabytes(total)} MB of the model`;
      return;
    }
    this.bar.removeAttribute('value');
    this.text.textContent = `Opening the model (${megabytes(total)} MB)…`;
  }

  hide(): void {
    element('loading').hidden = true;
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

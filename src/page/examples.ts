/** Example images to click: those that were exported with the model. */
import type { PageFacts, ServedExample } from '../model/served-facts.js';
import { element } from './scores.js';

/** Offers them as buttons, and passes on the chosen one with its label. */
export function offerExamples({ examples }: PageFacts, take: (file: File, label: string) => void): void {
  element('examples').hidden = examples.length === 0;
  element('example-list').replaceChildren(...examples.map((example, index) => button(example, index, take)));
}

function button({ url, labels }: ServedExample, index: number, take: (file: File, label: string) => void): HTMLElement {
  const label = labels.join(', ') || 'no class';
  const made = document.createElement('button');
  made.type = 'button';
  const image = document.createElement('img');
  Object.assign(image, { src: url, alt: `Example ${index + 1}: ${label}`, title: label });
  made.append(image);
  made.onclick = () =>
    void fetch(url)
      .then((answer) => answer.blob())
      .then((blob) => take(new File([blob], `example-${index + 1}.png`, { type: blob.type }), label));
  return made;
}

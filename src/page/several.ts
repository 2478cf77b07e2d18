/** A table of several images with their predicted classes. */
import type { Prediction } from '../core/prediction.js';
import { percent, type AnswerText } from './answer.js';
import { element } from './scores.js';

export interface Row {
  answer(answer: AnswerText, prediction: Prediction): void;
  fail(text: string): void;
}

export class Several {
  private readonly section = element('several');

  get shown(): boolean {
    return !this.section.hidden;
  }

  hide(): void {
    this.section.hidden = true;
  }

  /** Lists the images, without predictions yet. */
  show(files: readonly File[], choose: (file: File) => void): Row[] {
    this.section.hidden = false;
    const rows = files.map((file) => row(file, choose));
    element('images').replaceChildren(...rows.map(({ line }) => line));
    return rows;
  }
}

function row(file: File, choose: (file: File) => void): Row & { readonly line: HTMLElement } {
  const line = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = file.name;
  button.onclick = () => choose(file);
  head.append(button);
  const [name, score] = [document.createElement('td'), document.createElement('td')];
  line.append(head, name, score);
  return {
    line,
    answer({ sure, text }, prediction) {
      line.classList.toggle('unsure', !sure);
      if ('classes' in prediction) {
        name.colSpan = 2;
        name.textContent = text;
        score.remove();
        return;
      }
      name.textContent = sure ? prediction.class : `not sure, maybe ${prediction.class}`;
      score.textContent = percent(prediction.score);
    },
    fail(text) {
      line.classList.add('wrong');
      name.colSpan = 2;
      name.textContent = text;
      score.remove();
    },
  };
}

/** A table of several images with what each is taken for. */
import type { Prediction } from '../core/prediction.js';
import { element, percent } from './scores.js';

export interface Row {
  answer(prediction: Prediction): void;
  fault(words: string): void;
}

export class Several {
  private readonly section = element('several');

  get shown(): boolean {
    return !this.section.hidden;
  }

  hide(): void {
    this.section.hidden = true;
  }

  /** Lists the images, without answers yet. */
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
    answer(prediction) {
      name.textContent = prediction.class;
      score.textContent = percent(prediction.score);
    },
    fault(words) {
      line.classList.add('wrong');
      name.colSpan = 2;
      name.textContent = words;
      score.remove();
    },
  };
}

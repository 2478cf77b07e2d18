/** Shows scores as a table with bars. */
import type { Prediction } from '../core/prediction.js';
import type { ClassList } from '../model/prediction.js';
import { percent, type AnswerText } from './answer.js';

/** Rows shown before the button for all is pressed. */
const SHOWN = 10;

export function element<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** Shows the browser's prediction and, if given, the tool's next to it, best class first. */
export function showScores(answer: AnswerText, here: Prediction, tool: Prediction | undefined, facts: ClassList): void {
  const ordered = Object.entries(here.scores).sort(([, a], [, b]) => b - a);
  element('answer').textContent = answer.text.replace(/^not/, 'Not');
  element('result').classList.toggle('unsure', !answer.sure);
  element('result').classList.toggle('comparing', tool !== undefined);
  const rows = ordered.map(([name, score], index) => {
    const row = document.createElement('tr');
    row.classList.toggle('best', 'classes' in here ? here.classes.includes(name) : name === here.class);
    row.hidden = index >= SHOWN;
    row.append(
      heading(name, score, facts.thresholds?.[facts.classes.indexOf(name)]),
      cell(score, 'here'),
      cell(tool?.scores[name], 'tool'),
    );
    return row;
  });
  element('rows').replaceChildren(...rows);
  offerAll(rows);
  element('here').textContent = tool === undefined ? 'Score' : 'Here';
  element('difference').textContent = tool === undefined ? '' : difference(here, tool);
}

/** With the threshold of the class, if it has one. */
function heading(name: string, score: number, threshold: number | undefined): HTMLElement {
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  head.style.setProperty('--score', String(score));
  if (threshold !== undefined) {
    const from = document.createElement('small');
    from.textContent = ` from ${percent(threshold)} on`;
    head.append(from);
  }
  return head;
}

/** A cell with the exact score in its data attribute and tooltip. */
function cell(score: number | undefined, by: string): HTMLElement {
  const data = document.createElement('td');
  data.className = by;
  if (score === undefined) return data;
  data.textContent = percent(score);
  data.dataset['score'] = String(score);
  data.title = String(score);
  return data;
}

function offerAll(rows: readonly HTMLElement[]): void {
  const all = element<HTMLButtonElement>('all');
  all.hidden = rows.length <= SHOWN;
  all.textContent = `Show all ${rows.length} classes`;
  all.onclick = () => {
    for (const row of rows) row.hidden = false;
    all.hidden = true;
  };
}

function difference(here: Prediction, tool: Prediction): string {
  const worst = Math.max(...Object.entries(here.scores).map(([name, score]) => Math.abs(score - tool.scores[name])));
  return `The scores differ by at most ${worst.toPrecision(1)}.`;
}

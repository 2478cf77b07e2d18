/** The verdict at the top of the page. */
import { commandOf } from '../verdict/lines.js';
import type { Level } from '../verdict/rules.js';
import type { Verdict } from '../verdict/verdict.js';
import { sentence } from '../words.js';
import { html, type Html } from './markup.js';

const titles: Readonly<Record<Level, string>> = {
  good: 'Better than guessing, and no weakness found',
  weak: 'It can be better',
  bad: 'Not better than guessing',
};

export function verdict({ level, headline, weaknesses, next }: Verdict, file: string): Html {
  const list =
    weaknesses.length === 0 ? undefined : html`<ul>${weaknesses.map((text) => html`<li>${sentence(text)}</li>`)}</ul>`;
  const command = next && commandOf(next, file);
  const shown = command && html`<pre><code>${command}</code></pre>`;
  const way = next && html`<p>What to try: ${next.text}.</p>${shown}`;
  return html`<section class="verdict ${level}" aria-labelledby="verdict"><h2 id="verdict">${titles[level]}</h2><p>${sentence(headline)}</p>${list}${way}</section>`;
}

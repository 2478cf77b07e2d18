/** The pipeline file as it was run. */
import type { RunStart } from '../../core/run-record.js';
import { html, type Html } from './markup.js';

export function source({ source: { text, set }, pipeline }: RunStart): Html {
  const changed =
    set.length === 0
      ? undefined
      : html`<p>Overridden on the command line for this run:</p><ul class="plain">${set.map((one) => html`<li><code>--set ${one}</code></li>`)}</ul>`;
  return html`${changed}<pre tabindex="0" role="region" aria-label="${pipeline.file}"><code>${text.replaceAll('\r\n', '\n')}</code></pre>`;
}

/** HTML templates that escape every value that is not markup itself. */

/** Text that is markup. Only {@link html} makes it. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = Html | string | number | undefined | readonly Part[];

/** Markup with values in it; texts are escaped, lists joined, undefined left out. Values may stand in quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => (index === 0 ? text : `${written(parts[index - 1])}${text}`)).join(''));
}

function written(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return part.map(written).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Control characters, which HTML forbids, and bidirectional marks: a name must not reorder the text around it.
const unprintable =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]).replace(unprintable, '\ufffd');
}

/** JSON from elsewhere. A few bytes of it take a hundred times as much in memory, so values are counted before any is made. */

/** The largest networks have a tenth of that. */
const mostValues = 1_000_000;

/** Thrown for text that has too many values; damaged text is a SyntaxError, as ever. */
export class TooManyValues extends Error {
  constructor() {
    super(`has more than ${mostValues.toLocaleString('en-US')} values`);
  }
}

/** Parses JSON of a bounded number of values. A byte order mark in front is passed over. */
export function parseBounded(text: string): unknown {
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A comma, bracket or brace; those inside texts count too, which costs a file nothing that is near the limit.
    if (code === 0x2c || code === 0x5b || code === 0x7b) values++;
  }
  if (values > mostValues) throw new TooManyValues();
  return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown;
}

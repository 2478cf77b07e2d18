/** JSON from elsewhere. A few bytes of it take a hundred times as much in memory, so values are counted before any is made. */

/** The largest networks have a tenth of that. */
const mostValues = 1_000_000;
/** Results of millions of values, such as the samples of a data set, take more bytes for each than lists of nothing do. */
const bytesPerValue = 8;

/** Thrown for text that has too many values; damaged text is a SyntaxError, as ever. */
export class TooManyValues extends Error {
  constructor() {
    super(`has more than ${mostValues.toLocaleString('en-US')} values`);
  }
}

/** Parses JSON of a bounded number of values. A byte order mark in front is passed over. */
export function parseBounded(text: string): unknown {
  return parseWithin(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, mostValues);
}

/** Parses JSON that this tool writes, which may be as long as its content: beyond a million values, each must have the bytes of one. */
export function parseOwn(text: string): unknown {
  return parseWithin(text, Math.max(mostValues, text.length / bytesPerValue));
}

function parseWithin(text: string, most: number): unknown {
  if (text.length > most && countValues(text) > most) throw new TooManyValues();
  return JSON.parse(text) as unknown;
}

/** Commas, brackets and braces; those inside texts count too, which costs a file nothing that is near the limit. */
function countValues(text: string): number {
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2c || code === 0x5b || code === 0x7b) values++;
  }
  return values;
}

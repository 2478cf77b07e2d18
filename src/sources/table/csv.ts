/** Comma-separated values, as RFC 4180 and spreadsheets write them: with any of `,`, `;` and tabs between cells. */
import Papa from 'papaparse';
import { failure, type PipelineError } from '../../core/problem.js';
import { streamRegular } from '../../core/regular-file.js';
import type { Table, TableFile, TableRow } from './table.js';

/** Characters that are parsed at once. */
const CHUNK = 512 * 1024;
/** Characters of one row: what is longer has a quote that does not end, or is not a table. */
const LONGEST_ROW = 1024 * 1024;

/** What Papa Parse answers; its types leave out the parser that takes a text in parts. */
interface Parsed {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly row?: number; readonly message: string }[];
  /** Where the rows that were read end. */
  readonly meta: { readonly cursor: number };
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
  readonly fault?: string;
}

export async function openCsv(file: TableFile): Promise<Table> {
  const header = await headerOf(file);
  const columns = header.cells.map((cell) => cell.trim());
  return {
    columns,
    async *rows(chosen) {
      for await (const chunk of rowsOf(file, header.delimiter)) {
        const rows = chunk.filter(({ line }) => line > header.line).map((row) => chosenOf(row, chosen, columns.length));
        if (rows.length > 0) yield rows;
      }
    },
  };
}

function chosenOf({ line, cells, fault }: Row, chosen: readonly number[], columns: number): TableRow {
  const tooMany = `has ${cells.length} cells, but the table has ${columns} columns`;
  return {
    line,
    cells: chosen.map((column) => cells[column] ?? ''),
    ...(fault !== undefined ? { fault } : cells.length > columns ? { fault: tooMany } : {}),
  };
}

/** The first row with text, and what separates its cells. */
async function headerOf(file: TableFile): Promise<Row & { readonly delimiter: string }> {
  for await (const text of textOf(file)) {
    const delimiter = delimiterOf(file.where, text);
    for await (const [first] of rowsOf(file, delimiter)) return { ...first, delimiter };
  }
  throw notATable(file.where, 'is empty');
}

/** By the name of the file; otherwise whichever the first line with text has most of. */
function delimiterOf(where: string, text: string): string {
  if (/\.(tsv|tab)$/i.test(where)) return '\t';
  const first = /[^\r\n]+/.exec(text)?.[0] ?? '';
  const counts = [',', ';', '\t'].map((delimiter) => [delimiter, first.split(delimiter).length] as const);
  return counts.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** All rows with text, in chunks of at least one. */
async function* rowsOf(file: TableFile, delimiter: string): AsyncGenerator<readonly Row[]> {
  // Papa Parse knows a carriage return before the end of a line as space.
  const parser = new Papa.Parser({ delimiter, newline: '\n' }) as {
    parse(text: string, start: number, ignoreLastRow: boolean): Parsed;
  };
  let rest = '';
  let line = 1;
  const parse = (text: string, isLast: boolean): readonly Row[] => {
    const { data, errors, meta } = parser.parse(text, 0, !isLast);
    const faults = new Map(errors.map(({ row, message }) => [row, message]));
    rest = isLast ? '' : text.slice(meta.cursor);
    if (rest.length > LONGEST_ROW)
      throw notATable(
        file.where,
        `line ${line + data.length} has more than ${LONGEST_ROW.toLocaleString('en-US')} characters`,
      );
    const quoted = text.includes('"');
    return data.flatMap((cells, index) => {
      const at = line;
      line += 1 + (quoted ? linesIn(cells) : 0);
      const fault = faults.has(index) ? 'has a quote that does not end, or text after a quote' : undefined;
      const last = cells.length - 1;
      const whole = cells[last].endsWith('\r') ? [...cells.slice(0, last), cells[last].slice(0, -1)] : cells;
      return whole.length === 1 && whole[0].trim() === '' ? [] : [{ line: at, cells: whole, fault }];
    });
  };
  let pending = '';
  for await (const text of textOf(file)) {
    pending += text;
    if (pending.length < CHUNK) continue;
    const rows = parse(rest + pending, false);
    pending = '';
    if (rows.length > 0) yield rows;
  }
  const rows = parse(rest + pending, true);
  if (rows.length > 0) yield rows;
}

function linesIn(cells: readonly string[]): number {
  let lines = 0;
  for (const cell of cells) for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** The text of a file in UTF-8, without a byte order mark. */
async function* textOf({ path, where }: TableFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw failure(
        'bad-data',
        {
          code: 'table-not-utf8',
          where,
          found: 'is not text in UTF-8',
          remedy: 'save the table as UTF-8; in Excel: Save As, then "CSV UTF-8"',
        },
        error,
      );
    }
  };
  for await (const bytes of (await streamRegular(path, { where })) as AsyncIterable<Buffer>) {
    const text = decode(bytes);
    if (text !== '') yield text;
  }
  const last = decode();
  if (last !== '') yield last;
}

function notATable(where: string, found: string): PipelineError {
  return failure('bad-data', { code: 'not-a-table', where, found, expected: 'a table with a row of column names' });
}

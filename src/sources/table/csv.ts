/** Comma-separated values, as RFC 4180 and spreadsheets write them: with any of `,`, `;` and tabs between cells. */
import Papa from 'papaparse';
import { failure, type PipelineError } from '../../core/problem.js';
import { cellFault, rowTooLong, tableLimits, tooManyColumns, tooManyRows } from './limits.js';
import type { Table, TableFile, TableRow } from './table.js';
import { textOf } from './text.js';

/** Characters that are parsed at once: with more, the rows outlive the quick garbage collections and pile up. */
const CHUNK = 64 * 1024;

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
  if (header.fault !== undefined) throw notATable(`${file.where}:${header.line}`, header.fault);
  if (header.cells.length > tableLimits.columns) throw tooManyColumns(file.where, tableLimits);
  const columns = header.cells.map((cell) => cell.trim());
  return {
    columns,
    headLine: header.line,
    async *rows(chosen) {
      let count = 0;
      for await (const chunk of rowsOf(file, header.form)) {
        const rows = chunk.filter(({ line }) => line > header.line).map((row) => chosenOf(row, chosen, columns));
        count += rows.length;
        if (count > tableLimits.rows) throw tooManyRows(file.where, tableLimits);
        if (rows.length > 0) yield rows;
      }
    },
  };
}

function chosenOf({ line, cells, fault }: Row, chosen: readonly number[], columns: readonly string[]): TableRow {
  const taken = chosen.map((column) => cells[column] ?? '');
  const tooMany = `has ${cells.length} cells, but the table has ${columns.length} columns`;
  const found =
    fault ?? (cells.length > columns.length ? tooMany : cellFault(taken, (index) => columns[chosen[index]]));
  return { line, cells: taken, ...(found !== undefined && { fault: found }) };
}

/** How a file is written. */
interface Form {
  readonly delimiter: string;
  readonly newline: '\n' | '\r';
}

/** The line in which Excel says what separates cells. */
const excelMark = /^sep=(.)$/i;

/** The first row with text, without Excel's mark. */
async function headerOf(file: TableFile): Promise<Row & { readonly form: Form }> {
  for await (const text of textOf(file)) {
    const form = formOf(file.where, text);
    for await (const rows of rowsOf(file, form)) {
      const header = rows.find(({ cells }) => !excelMark.test(cells.join(form.delimiter)));
      if (header !== undefined) return { ...header, form };
    }
    break;
  }
  throw notATable(file.where, 'is empty');
}

/** The delimiter by Excel's mark or by the name of the file; otherwise whichever the first line with text has most of. */
function formOf(where: string, text: string): Form {
  // As programs before Mac OS X wrote them.
  const newline = text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
  const first = /[^\r\n]+/.exec(text)?.[0] ?? '';
  const marked = excelMark.exec(first);
  if (marked !== null) return { delimiter: marked[1], newline };
  if (/\.(tsv|tab)$/i.test(where)) return { delimiter: '\t', newline };
  const counts = [',', ';', '\t'].map((delimiter) => [delimiter, first.split(delimiter).length] as const);
  return { delimiter: counts.reduce((most, one) => (one[1] > most[1] ? one : most))[0], newline };
}

/** All rows with text, in chunks of at least one. */
async function* rowsOf(file: TableFile, { delimiter, newline }: Form): AsyncGenerator<readonly Row[]> {
  // Papa Parse knows a carriage return before the end of a line as space.
  const parser = new Papa.Parser({ delimiter, newline }) as {
    parse(text: string, start: number, ignoreLastRow: boolean): Parsed;
  };
  let rest = '';
  let line = 1;
  const parse = (text: string, isLast: boolean): readonly Row[] => {
    const { data, errors, meta } = parser.parse(text, 0, !isLast);
    const faults = new Map(errors.map(({ row, message }) => [row, message]));
    rest = isLast ? '' : text.slice(meta.cursor);
    if (rest.length > tableLimits.rowBytes) throw rowTooLong(file.where, line + linesIn(data, newline), tableLimits);
    const quoted = text.includes('"');
    return data.flatMap((cells, index) => {
      const at = line;
      line += 1 + (quoted ? breaksIn(cells, newline) : 0);
      const fault = faults.has(index) ? 'has a quote that does not end, or text after a quote' : undefined;
      const last = cells.length - 1;
      const whole = cells[last].endsWith('\r') ? [...cells.slice(0, last), cells[last].slice(0, -1)] : cells;
      return whole.length === 1 && whole[0].trim() === '' ? [] : [{ line: at, cells: whole, fault }];
    });
  };
  for await (const text of textOf(file)) {
    let size = CHUNK;
    for (let at = 0; at < text.length; at += size) {
      // A row that is longer is parsed again from its beginning, so each try takes twice as much of it.
      size = Math.max(CHUNK, rest.length);
      const rows = parse(rest + text.slice(at, at + size), false);
      if (rows.length > 0) yield rows;
    }
  }
  const rows = parse(rest, true);
  if (rows.length > 0) yield rows;
}

/** How many lines some rows take up. */
function linesIn(rows: readonly (readonly string[])[], newline: string): number {
  return rows.reduce((sum, cells) => sum + 1 + breaksIn(cells, newline), 0);
}

function breaksIn(cells: readonly string[], newline: string): number {
  let breaks = 0;
  for (const cell of cells) for (let at = cell.indexOf(newline); at >= 0; at = cell.indexOf(newline, at + 1)) breaks++;
  return breaks;
}

function notATable(where: string, found: string): PipelineError {
  return failure('bad-data', { code: 'not-a-table', where, found, expected: 'a table with a row of column names' });
}

/** Tables with one JSON object per line, such as the `metadata.jsonl` of Hugging Face. */
import { parseBounded } from '../../core/bounded-json.js';
import { isRecord } from '../../core/is-record.js';
import { own } from '../../core/own.js';
import { failure } from '../../core/problem.js';
import { cellFault, rowTooLong, tableLimits, tooManyColumns, tooManyRows } from './limits.js';
import type { Cell, Table, TableFile, TableRow } from './table.js';
import { textOf } from './text.js';

/** The columns are the keys of so many rows at the start: a row may leave keys out. */
const HEAD_ROWS = 1000;

interface Line {
  readonly line: number;
  readonly text: string;
}

export async function openJsonl(file: TableFile): Promise<Table> {
  const columns = await columnsOf(file);
  return {
    columns,
    async *rows(chosen) {
      const names = chosen.map((index) => columns[index]);
      let rows = 0;
      for await (const lines of linesOf(file)) {
        rows += lines.length;
        if (rows > tableLimits.rows) throw tooManyRows(file.where, tableLimits);
        yield lines.map((line) => rowOf(line, names));
      }
    },
  };
}

async function columnsOf(file: TableFile): Promise<readonly string[]> {
  const names = new Set<string>();
  let rows = 0;
  for await (const lines of linesOf(file)) {
    for (const { text, line } of lines.slice(0, HEAD_ROWS - rows)) {
      const object = objectOf(text);
      if (object === undefined && rows === 0) throw notObjects(file.where, line);
      for (const name of Object.keys(object ?? {})) names.add(name);
      if (names.size > tableLimits.columns) throw tooManyColumns(file.where, tableLimits);
      rows++;
    }
    if (rows >= HEAD_ROWS) break;
  }
  if (rows === 0) throw notObjects(file.where, undefined);
  return [...names];
}

function notObjects(where: string, line: number | undefined): Error {
  return failure('bad-data', {
    code: 'not-a-table',
    where: line === undefined ? where : `${where}:${line}`,
    found: line === undefined ? 'is empty' : 'the line is not a JSON object',
    expected: 'one JSON object per line, such as {"file_name": "a.jpg", "label": "cat"}',
    remedy: 'write every row on a line of its own, without a list around them (`jq -c ".[]"` does it)',
  });
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseBounded(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function rowOf({ text, line }: Line, names: readonly string[]): TableRow {
  const object = objectOf(text);
  if (object === undefined) return { line, cells: [], fault: 'is not a JSON object' };
  const cells = names.map((name) => cellOf(own(object, name)));
  const nested = cells.indexOf(undefined);
  if (nested >= 0) return { line, cells: [], fault: `has nested values in the column \`${names[nested]}\`` };
  const fault = cellFault(cells as Cell[], (i) => names[i]);
  return { line, cells: cells as Cell[], ...(fault !== undefined && { fault }) };
}

/** Undefined for objects, and for lists of anything but single values. */
function cellOf(value: unknown): Cell | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value) || value.length > tableLimits.list) return undefined;
  const cells = value.map((one: unknown) => (typeof one === 'object' && one !== null ? undefined : cellOf(one)));
  return cells.includes(undefined) ? undefined : (cells as Cell[]);
}

/** Lines with text, in chunks of at least one. */
async function* linesOf(file: TableFile): AsyncGenerator<readonly Line[]> {
  let rest = '';
  let line = 1;
  const nonEmpty = (texts: readonly string[]): Line[] =>
    texts.flatMap((text) => {
      const at = line++;
      if (text.length > tableLimits.rowBytes) throw rowTooLong(file.where, at, tableLimits);
      return text.trim() === '' ? [] : [{ line: at, text }];
    });
  for await (const text of textOf(file)) {
    const texts = (rest + text).split('\n');
    rest = texts.pop() ?? '';
    const lines = nonEmpty(texts);
    if (rest.length > tableLimits.rowBytes) throw rowTooLong(file.where, line, tableLimits);
    if (lines.length > 0) yield lines;
  }
  const last = nonEmpty(rest === '' ? [] : [rest]);
  if (last.length > 0) yield last;
}

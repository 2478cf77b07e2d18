/** The columns of a Parquet file: which of them can be cells of a table, and which contain images. */
import type { SchemaElement } from 'hyparquet';
import { damagedParquet } from './failures.js';

/** A column as it is stored: one value per row, or per item of a list. */
export interface Leaf {
  readonly path: readonly string[];
  readonly element: SchemaElement;
  /** The level of a value that is there; lower ones are null. */
  readonly definition: number;
  /** 0 for one value per row, 1 for lists. */
  readonly repetition: number;
}

export type ParquetColumn =
  | { readonly kind: 'value' | 'list'; readonly name: string; readonly leaf: Leaf }
  /** As the hub stores images: their bytes, and the name that the file had. */
  | { readonly kind: 'image'; readonly name: string; readonly bytes: Leaf; readonly path: Leaf | undefined }
  /** Maps, and structures of other kinds. */
  | { readonly kind: 'nested'; readonly name: string };

const mostDepth = 32;
/** hyparquet multiplies it with a count. */
const longestFixed = 64;

/** The top-level columns of a schema, which is written as a list in depth-first order. */
export function columnsOf(schema: readonly SchemaElement[], where: string): readonly ParquetColumn[] {
  const root = schema[0] as SchemaElement | undefined;
  if (root === undefined) throw damagedParquet(where, 'has no columns');
  const columns: ParquetColumn[] = [];
  const cursor = { schema, next: 1, where };
  for (let i = 0; i < (root.num_children ?? 0); i++) columns.push(columnOf(cursor));
  return columns;
}

interface Cursor {
  readonly schema: readonly SchemaElement[];
  readonly where: string;
  next: number;
}

function columnOf(cursor: Cursor): ParquetColumn {
  const { name } = peek(cursor);
  const leaves: Leaf[] = [];
  collect(cursor, [], 0, 0, leaves);
  const [first] = leaves;
  const image = leaves.find(({ path }) => path.length === 2 && path[1] === 'bytes');
  if (
    image?.element.type === 'BYTE_ARRAY' &&
    leaves.every(({ path, repetition }) => path.length === 2 && repetition === 0)
  )
    return { kind: 'image', name, bytes: image, path: leaves.find(({ path }) => path[1] === 'path') };
  const isValue = leaves.length === 1 && readable(first.element);
  if (isValue && first.repetition === 0 && first.path.length === 1) return { kind: 'value', name, leaf: first };
  if (isValue && first.repetition === 1) return { kind: 'list', name, leaf: first };
  return { kind: 'nested', name };
}

/** Adds the leaves of the element at the cursor, and moves behind them. */
function collect(cursor: Cursor, above: readonly string[], definition: number, repetition: number, into: Leaf[]): void {
  const element = peek(cursor);
  cursor.next++;
  if (above.length >= mostDepth) throw damagedParquet(cursor.where, `has columns nested more than ${mostDepth} levels`);
  const path = [...above, element.name];
  const kind = element.repetition_type;
  const levels = [definition + (kind === 'REQUIRED' ? 0 : 1), repetition + (kind === 'REPEATED' ? 1 : 0)] as const;
  const children = element.num_children ?? 0;
  if (children === 0) into.push({ path, element, definition: levels[0], repetition: levels[1] });
  for (let i = 0; i < children; i++) collect(cursor, path, ...levels, into);
}

function peek({ schema, next, where }: Cursor): SchemaElement {
  const element = schema[next] as SchemaElement | undefined;
  if (element === undefined) throw damagedParquet(where, 'has fewer columns than it declares');
  return element;
}

function readable({
  type,
  type_length: length,
  logical_type: logical,
  converted_type: converted,
}: SchemaElement): boolean {
  if (type === undefined || converted === 'BSON' || converted === 'INTERVAL') return false;
  if (logical?.type === 'GEOMETRY' || logical?.type === 'GEOGRAPHY' || logical?.type === 'VARIANT') return false;
  return type !== 'FIXED_LEN_BYTE_ARRAY' || (length !== undefined && length > 0 && length <= longestFixed);
}

/** Whether a column of bytes says nothing about what they are: images, or texts of an old program. */
export function isPlainBytes({ element }: Leaf): boolean {
  return element.type === 'BYTE_ARRAY' && element.converted_type === undefined && element.logical_type === undefined;
}

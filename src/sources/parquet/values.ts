/** The values of a page: levels and places in the dictionary are read here, everything else by hyparquet. */
import type { ParquetType, SchemaElement } from 'hyparquet';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { deltaBinaryUnpack, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { readRuns } from './levels.js';
import type { Page } from './page.js';
import type { Leaf } from './schema.js';

/** As hyparquet gives it: numbers, bigints, texts, dates, bytes. */
export type Value = unknown;
type Values = ArrayLike<Value>;

const encodings = {
  plain: 0,
  plainDictionary: 2,
  runs: 3,
  deltaPacked: 5,
  deltaLengths: 6,
  dictionary: 8,
  byteStreams: 9,
} as const;

export interface LeafOptions {
  /** Leaves bytes as they are, where they would be texts otherwise. */
  readonly asBytes: boolean;
}

/** One page: a value for each place, or null. */
export interface DecodedPage {
  readonly values: readonly Value[];
  /** 0 where a row begins; undefined for one value per row. */
  readonly repetition: Uint32Array | undefined;
  /** Which places have a value. */
  readonly definition: Uint32Array | undefined;
}

export function decodeDictionary({ values, count }: Page, leaf: Leaf, options: LeafOptions): Values {
  if (count > values.length) throw new Error('a dictionary has more values than bytes');
  return converted(plainValues(values, typeOf(leaf), count, leaf), leaf, options);
}

export function decodeData(page: Page, leaf: Leaf, dictionary: Values | undefined, options: LeafOptions): DecodedPage {
  const { count, levels } = page;
  let { values } = page;
  const level = (most: number, given: Uint8Array | undefined): Uint32Array | undefined => {
    if (most === 0) return undefined;
    if (given !== undefined) return readRuns(given, widthOf(most), count);
    const end = 4 + viewOf(values).getUint32(0, true);
    if (end > values.length) throw new Error('a page is shorter than its levels');
    const read = readRuns(values.subarray(4, end), widthOf(most), count);
    values = values.subarray(end);
    return read;
  };
  const repetition = level(leaf.repetition, levels?.repetition);
  const definition = level(leaf.definition, levels?.definition);
  const present =
    definition === undefined ? count : definition.reduce((sum, one) => sum + Number(one === leaf.definition), 0);
  const found = present === 0 ? [] : presentValues({ ...page, values }, leaf, present, dictionary, options);
  if (present === count) return { values: Array.from(found), repetition, definition };
  let next = 0;
  return {
    values: Array.from(definition!, (one) => (one === leaf.definition ? found[next++] : null)),
    repetition,
    definition,
  };
}

function presentValues(
  { values, encoding }: Page,
  leaf: Leaf,
  count: number,
  dictionary: Values | undefined,
  options: LeafOptions,
): Values {
  const type = typeOf(leaf);
  if (encoding === encodings.plain) return converted(plainValues(values, type, count, leaf), leaf, options);
  if (encoding === encodings.dictionary || encoding === encodings.plainDictionary) {
    if (dictionary === undefined) throw new Error('a page has no dictionary');
    return Array.from(readRuns(values.subarray(1), values[0], count), (place) => {
      if (place >= dictionary.length) throw new Error('a value is not in the dictionary');
      return dictionary[place];
    });
  }
  if (encoding === encodings.runs && type === 'BOOLEAN')
    return Array.from(readRuns(values.subarray(4), 1, count), (one) => one === 1);
  const reader = { view: viewOf(values), offset: 0 };
  if (encoding === encodings.deltaPacked && (type === 'INT32' || type === 'INT64')) {
    const output = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, output);
    return converted(output, leaf, options);
  }
  if (encoding === encodings.deltaLengths && type === 'BYTE_ARRAY') {
    const output = new Array<Uint8Array>(count);
    deltaLengthByteArray(reader, count, output);
    return converted(output, leaf, options);
  }
  if (encoding === encodings.byteStreams)
    return converted(byteStreamSplit(reader, count, type, leaf.element.type_length), leaf, options);
  throw new Error(`values have the encoding ${encoding}, which is not supported: write the file with dictionaries`);
}

/** Every value takes at least a bit. */
function plainValues(values: Uint8Array, type: ParquetType, count: number, { element }: Leaf): Values {
  if (count > values.length * 8) throw new Error('a page has fewer bytes than values');
  return readPlain({ view: viewOf(values), offset: 0 }, type, count, element.type_length);
}

function converted(values: Values, { element, path }: Leaf, { asBytes }: LeafOptions): Values {
  if (asBytes) return values;
  return convert(values as never, {
    element,
    pathInSchema: [...path],
    type: element.type!,
    schemaPath: [{ element: root, children: [], count: 0, path: [] }],
    codec: 'UNCOMPRESSED',
    // A text, whatever the format says that it contains.
    parsers: { ...DEFAULT_PARSERS, jsonFromBytes: DEFAULT_PARSERS.stringFromBytes },
  }) as Values;
}

const root: SchemaElement = { name: '' };

function typeOf({ element }: Leaf): ParquetType {
  return element.type!;
}

function widthOf(level: number): number {
  return 32 - Math.clz32(level);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

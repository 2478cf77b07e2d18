/** Reads the size of a TIFF's first image and finds out whether its data is there (TIFF 6.0, sections 2, 3 and 15). */
import { cutShort, damaged, latin1, viewOf, type Reading } from './reading.js';

const ENTRY = 12;
/**
 * Bytes of a value by the type of its field: BYTE, ASCII, SHORT, LONG. Others do not occur in the fields that are read.
 */
const valueBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };

/** Strips or tiles of one image: a row each, or 16 x 16 pixels, in images of the largest size that is read. */
const MOST_VALUES = 2 ** 20;

const WIDTH = 256;
const HEIGHT = 257;
const BITS = 258;
const STRIP_OFFSETS = 273;
const STRIP_BYTES = 279;
const TILE_OFFSETS = 324;
const TILE_BYTES = 325;
const SAMPLE_FORMAT = 339;
const UNSIGNED_INTEGER = 1;

const wanted: ReadonlySet<number> = new Set([
  WIDTH,
  HEIGHT,
  BITS,
  STRIP_OFFSETS,
  STRIP_BYTES,
  TILE_OFFSETS,
  TILE_BYTES,
  SAMPLE_FORMAT,
]);

/** Numbers of the fields of the first image that are read here. Undefined if the file ends inside them. */
function readFields(bytes: Uint8Array): Map<number, readonly number[]> | undefined {
  const view = viewOf(bytes);
  const little = latin1(bytes, 0, 2) === 'II';
  const start = view.getUint32(4, little);
  if (start + 2 > bytes.length) return undefined;
  const count = view.getUint16(start, little);
  if (start + 2 + count * ENTRY > bytes.length) return undefined;
  const fields = new Map<number, readonly number[]>();
  for (let at = start + 2; at < start + 2 + count * ENTRY; at += ENTRY) {
    const tag = view.getUint16(at, little);
    const size = valueBytes[view.getUint16(at + 2, little)];
    if (size === undefined || !wanted.has(tag) || fields.has(tag)) continue;
    const length = view.getUint32(at + 4, little);
    if (length > MOST_VALUES) return undefined;
    // Up to four bytes are in the entry itself. The values are counted against the file before any of them is read.
    const from = length * size <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (from + length * size > bytes.length) return undefined;
    fields.set(
      tag,
      Array.from({ length }, (_, i) => read(view, from + i * size, size, little)),
    );
  }
  return fields;
}

function read(view: DataView, at: number, size: number, little: boolean): number {
  if (size === 1) return view.getUint8(at);
  return size === 2 ? view.getUint16(at, little) : view.getUint32(at, little);
}

/** The first image alone counts; what follows it is ignored. */
export function readTiff(bytes: Uint8Array): Reading {
  if (bytes.length < 8) return cutShort('it ends inside its header');
  const fields = readFields(bytes);
  if (fields === undefined) return cutShort('it ends inside its directory');
  const [width] = fields.get(WIDTH) ?? [];
  const [height] = fields.get(HEIGHT) ?? [];
  if (width === undefined || height === undefined) return damaged('its directory has no size');
  const deep = (fields.get(BITS) ?? []).find((bits) => bits > 16);
  const formats = fields.get(SAMPLE_FORMAT) ?? [];
  if (deep !== undefined || formats.some((format) => format !== UNSIGNED_INTEGER)) {
    return {
      reason: 'is a TIFF of measurements (floating-point, signed or 32-bit samples), expected 8 or 16 bits per channel',
    };
  }
  const offsets = fields.get(STRIP_OFFSETS) ?? fields.get(TILE_OFFSETS) ?? [];
  const lengths = fields.get(STRIP_BYTES) ?? fields.get(TILE_BYTES) ?? [];
  if (offsets.length === 0 || offsets.length !== lengths.length) return damaged('it contains no image data');
  const ends = offsets.map((offset, i) => offset + lengths[i]);
  return ends.some((end) => end > bytes.length) ? cutShort('it ends inside its image data') : { width, height };
}

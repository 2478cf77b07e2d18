/** Reads a PNG's size and finds out whether it is whole, from its chunks (PNG specification, section 5). */
import zlib from 'node:zlib';
import { PNG_SIGNATURE } from '../../core/image-signatures.js';
import { cutShort, damaged, latin1, viewOf, type Dimensions, type Reading } from './reading.js';

/** A chunk is length (4), type (4), data, CRC of type and data (4). */
const CHUNK_FRAME = 12;

/** Critical chunks (an upper-case first letter) must be right to decode; ancillary ones, such as a comment, need not. */
function isCritical(type: string): boolean {
  return type < 'a';
}

/** The CRC of a chunk that ends at `end`. A browser has no `crc32`: there its decoder finds a flipped bit. */
function hasRightCrc(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  if (typeof zlib.crc32 !== 'function') return true;
  return zlib.crc32(bytes.subarray(start + 4, end - 4)) === view.getUint32(end - 4);
}

/** Walks every chunk to IEND; what follows it is ignored. */
export function readPng(bytes: Uint8Array): Reading {
  const view = viewOf(bytes);
  let size: Dimensions | undefined;
  let hasData = false;
  let at = PNG_SIGNATURE.length;
  while (at + CHUNK_FRAME <= bytes.length) {
    const length = view.getUint32(at);
    const type = latin1(bytes, at + 4, 4);
    const end = at + CHUNK_FRAME + length;
    if (!/^[A-Za-z]{4}$/.test(type)) return damaged(`there is no chunk at byte ${at}`);
    if (end > bytes.length) return cutShort(`it ends inside its ${type} chunk`);
    if (isCritical(type) && !hasRightCrc(bytes, view, at, end))
      return damaged(`its ${type} chunk has a wrong checksum`);

    if (size === undefined) {
      if (type !== 'IHDR' || length !== 13) return damaged('it does not begin with a header chunk');
      size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    }
    if (type === 'IDAT') hasData = true;
    if (type === 'IEND') return hasData ? size : damaged('it contains no image data');
    at = end;
  }
  return cutShort('it has no end chunk');
}

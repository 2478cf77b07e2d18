/** Reads a WebP's size and finds out whether it is whole (RFC 9649; RFC 6386, section 9.1, for the lossy header). */
import { cutShort, damaged, latin1, viewOf, type Dimensions, type Reading } from './reading.js';

/** 'RIFF', the length of the rest, 'WEBP'. */
const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
const ANIMATION_FLAG = 0x02;

/** 14 bits of width and of height in one little-endian word, each less one. */
function losslessSize(word: number): Dimensions {
  return { width: (word & 0x3fff) + 1, height: ((word >>> 14) & 0x3fff) + 1 };
}

/** The upper two bits of each word say how to scale on display, not how large the image is. */
function lossySize(view: DataView, at: number): Dimensions {
  return { width: view.getUint16(at, true) & 0x3fff, height: view.getUint16(at + 2, true) & 0x3fff };
}

function readBitstream(bytes: Uint8Array, view: DataView, type: string, at: number, length: number): Reading {
  if (type === 'VP8L') {
    if (length < 5 || bytes[at] !== 0x2f) return damaged('its lossless header is not one');
    return losslessSize(view.getUint32(at + 1, true));
  }
  if (length < 10 || latin1(bytes, at + 3, 3) !== '\x9d\x01\x2a') return damaged('its lossy header is not one');
  return lossySize(view, at + 6);
}

/** 24 bits of width and of height of an animation, each less one. Its first frame is what counts. */
function canvasSize(view: DataView, at: number): Dimensions {
  return { width: (view.getUint32(at + 4, true) & 0xffffff) + 1, height: (view.getUint32(at + 6, true) >>> 8) + 1 };
}

/** Walks the chunks to the image data, or to the size of an animation. */
export function readWebp(bytes: Uint8Array): Reading {
  const view = viewOf(bytes);
  if (bytes.length < RIFF_HEADER) return cutShort('it ends inside its header');
  const end = view.getUint32(4, true) + 8;
  if (end > bytes.length) return cutShort(`it has ${bytes.length} of ${end} bytes`);

  let at = RIFF_HEADER;
  while (at + CHUNK_HEADER <= end) {
    const type = latin1(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    const data = at + CHUNK_HEADER;
    if (data + length > end) return damaged(`its ${type.trim()} chunk is longer than the file says it is`);
    if (type === 'VP8X' && length >= 10 && (bytes[data] & ANIMATION_FLAG) !== 0) return canvasSize(view, data);
    if (type === 'VP8 ' || type === 'VP8L') return readBitstream(bytes, view, type, data, length);
    at = data + length + (length % 2);
  }
  return damaged('it contains no image data');
}

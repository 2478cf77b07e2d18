/** Reads a GIF's size and finds out whether its first frame is whole (GIF89a specification, sections 17 to 27). */
import { cutShort, damaged, viewOf, type Reading } from './reading.js';

const HEADER = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const IMAGE_DESCRIPTOR = 10;

/** Bytes of a color table, from the flags that announce it. */
function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1);
}

/** Where the sub-blocks that begin at `at` end, or -1 if the file ends first. */
function afterSubBlocks(bytes: Uint8Array, at: number): number {
  for (let next = at; next < bytes.length; next += bytes[next] + 1) {
    if (bytes[next] === 0) return next + 1;
  }
  return -1;
}

/** Walks the blocks up to the end of the first frame's data; further frames are not looked at. */
export function readGif(bytes: Uint8Array): Reading {
  if (bytes.length < HEADER) return cutShort('it ends inside its header');
  const view = viewOf(bytes);
  const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  let at = HEADER + tableBytes(bytes[10]);
  while (at < bytes.length && bytes[at] === EXTENSION) {
    at = afterSubBlocks(bytes, at + 2);
    if (at === -1) return cutShort('it ends before its image data');
  }
  if (at >= bytes.length) return cutShort('it ends before its image data');
  if (bytes[at] === TRAILER) return damaged('it contains no image data');
  if (bytes[at] !== IMAGE) return damaged(`there is no block at byte ${at}`);
  if (at + IMAGE_DESCRIPTOR > bytes.length) return cutShort('it ends before its image data');
  const data = at + IMAGE_DESCRIPTOR + tableBytes(bytes[at + 9]) + 1;
  return afterSubBlocks(bytes, data) === -1 ? cutShort('it ends inside its image data') : size;
}

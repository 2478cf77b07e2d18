/** Reads an AVIF's size and finds out whether all of its boxes are there (ISO/IEC 14496-12, 23008-12). */
import { cutShort, damaged, latin1, viewOf, type Dimensions, type Reading } from './reading.js';

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The boxes between two places, up to the first that does not fit. */
function boxesIn(bytes: Uint8Array, from: number, to: number): Box[] {
  const view = viewOf(bytes);
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to;) {
    const short = view.getUint32(at);
    const wide = short === 1;
    if (wide && at + 16 > to) break;
    // 0 stands for "to the end of the file".
    const length = short === 0 ? to - at : wide ? Number(view.getBigUint64(at + 8)) : short;
    const header = wide ? 16 : 8;
    if (length < header || at + length > to) break;
    boxes.push({ type: latin1(bytes, at + 4, 4), start: at + header, end: at + length });
    at += length;
  }
  return boxes;
}

/**
 * Its size is the largest that is declared (`ispe`): tiles and thumbnails are smaller than the image itself. Its data is in
 * a box of its own behind the metadata, or inside of them.
 */
export function readAvif(bytes: Uint8Array): Reading {
  const boxes = boxesIn(bytes, 0, bytes.length);
  const meta = boxes.find(({ type }) => type === 'meta');
  // `meta` begins with four bytes of version and flags, and so does `ispe`.
  const inside = (outer: Box | undefined, type: string, skip: number): Box[] =>
    outer === undefined ? [] : boxesIn(bytes, outer.start + skip, outer.end).filter((box) => box.type === type);
  if (meta === undefined) return cutShort('it ends before its metadata');
  if (!boxes.some(({ type }) => type === 'mdat') && inside(meta, 'idat', 4).length === 0)
    return cutShort('it ends inside its image data');
  const [properties] = inside(meta, 'iprp', 4);
  const [container] = inside(properties, 'ipco', 0);
  const view = viewOf(bytes);
  const sizes = inside(container, 'ispe', 0)
    .filter(({ start, end }) => end - start >= 12)
    .map(({ start }): Dimensions => ({ width: view.getUint32(start + 4), height: view.getUint32(start + 8) }));
  if (sizes.length === 0) return damaged('it does not say its size');
  return sizes.reduce((largest, size) => (size.width * size.height > largest.width * largest.height ? size : largest));
}

/**
 * Reads BMP, which libvips does not: Windows bitmaps without compression, with 1, 4, 8, 16, 24 or 32 bits per pixel
 * (Microsoft, "Bitmap Storage"; header sizes 12, 40, 52, 56, 108 and 124). The npm packages that were tried ignore
 * palettes or read past short rows, so this is our own; Pillow's pixels are the reference.
 */
import { cutShort, damaged, viewOf, type Dimensions, type Refusal } from './reading.js';

const FILE_HEADER = 14;
const RGB = 0;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

const headerSizes: ReadonlySet<number> = new Set([12, 40, 52, 56, 108, 124]);
const depths: ReadonlySet<number> = new Set([1, 4, 8, 16, 24, 32]);

interface Layout extends Dimensions {
  readonly depth: number;
  /** Rows run from the lowest to the topmost, unless the height is negative. */
  readonly bottomUp: boolean;
  /** Offset of the first row, in bytes, and the length of a row with its padding. */
  readonly pixels: number;
  readonly stride: number;
  /** Offset of the palette, its number of entries, and the bytes of each: blue, green, red and maybe one unused. */
  readonly palette: { readonly at: number; readonly count: number; readonly entry: 3 | 4 };
  /** Which bits of a pixel of 16 or 32 bits are red, green and blue. */
  readonly masks: readonly [number, number, number];
}

function layoutOf(bytes: Uint8Array): Layout | Refusal {
  const view = viewOf(bytes);
  if (bytes.length < FILE_HEADER + 12) return cutShort('it ends inside its header');
  const header = view.getUint32(FILE_HEADER, true);
  if (!headerSizes.has(header)) return damaged(`its header has an impossible size of ${header} bytes`);
  if (bytes.length < FILE_HEADER + header) return cutShort('it ends inside its header');
  const core = header === 12;
  const at = FILE_HEADER + 4;
  const width = core ? view.getUint16(at, true) : view.getInt32(at, true);
  const height = core ? view.getUint16(at + 2, true) : view.getInt32(at + 4, true);
  const depth = view.getUint16(at + (core ? 6 : 10), true);
  const compression = core ? RGB : view.getUint32(at + 12, true);
  if (!depths.has(depth)) return damaged(`it says that it has ${depth} bits per pixel`);
  if (compression !== RGB && compression !== BIT_FIELDS && compression !== ALPHA_BIT_FIELDS) {
    return { reason: 'is a compressed BMP, expected one without compression' };
  }
  if (width < 1 || height === 0) return damaged(`it says that it is ${width}x${Math.abs(height)} pixels`);
  const fields = compression !== RGB && depth >= 16;
  // In the oldest header that has them, masks follow it; in later ones they are its last part.
  const masksAt = FILE_HEADER + 40;
  if (fields && bytes.length < masksAt + 12) return cutShort('it ends inside its header');
  const usual = depth === 16 ? ([0x7c00, 0x03e0, 0x001f] as const) : ([0xff0000, 0xff00, 0xff] as const);
  const masks = fields
    ? ([0, 4, 8].map((offset) => view.getUint32(masksAt + offset, true)) as [number, number, number])
    : usual;
  const used = core ? 0 : view.getUint32(at + 28, true);
  const paletteAt = FILE_HEADER + header + (fields && header === 40 ? 12 : 0);
  const layout: Layout = {
    width,
    height: Math.abs(height),
    depth,
    bottomUp: height > 0,
    pixels: view.getUint32(10, true),
    stride: Math.ceil((width * depth) / 32) * 4,
    palette: {
      at: paletteAt,
      count: depth > 8 ? 0 : Math.min(used === 0 ? 2 ** depth : used, 2 ** depth),
      entry: core ? 3 : 4,
    },
    masks,
  };
  return lastByte(layout) > bytes.length ? cutShort(`it has ${bytes.length} of ${lastByte(layout)} bytes`) : layout;
}

function lastByte({ pixels, stride, height, palette }: Layout): number {
  return Math.max(pixels + stride * height, palette.at + palette.count * palette.entry);
}

/** Its size, if all of it is there. */
export function readBmp(bytes: Uint8Array): Dimensions | Refusal {
  const layout = layoutOf(bytes);
  return 'reason' in layout ? layout : { width: layout.width, height: layout.height };
}

/** Pixels as height x width x 3 bytes, RGB; throws a `TypeError` if {@link readBmp} refuses. */
export function decodeBmp(bytes: Uint8Array): { readonly data: Uint8Array } & Dimensions {
  const layout = layoutOf(bytes);
  if ('reason' in layout) throw new TypeError(layout.reason);
  const { width, height, stride, pixels, bottomUp } = layout;
  const data = new Uint8Array(width * height * 3);
  const write = writerOf(bytes, layout, data);
  for (let row = 0; row < height; row++) {
    const start = pixels + (bottomUp ? height - 1 - row : row) * stride;
    for (let column = 0; column < width; column++) write(start, column, (row * width + column) * 3);
  }
  return { data, width, height };
}

/** Writes the pixel at a column of the row that starts at `start` to place `to` of the result. */
type Writer = (start: number, column: number, to: number) => void;

function writerOf(bytes: Uint8Array, { depth, palette, masks }: Layout, data: Uint8Array): Writer {
  if (depth === 24) {
    return (start, column, to) => {
      const at = start + column * 3;
      data[to] = bytes[at + 2];
      data[to + 1] = bytes[at + 1];
      data[to + 2] = bytes[at];
    };
  }
  if (depth > 8) {
    const view = viewOf(bytes);
    const channels = masks.map(channelOf);
    return (start, column, to) => {
      const word = depth === 16 ? view.getUint16(start + column * 2, true) : view.getUint32(start + column * 4, true);
      for (let channel = 0; channel < 3; channel++) data[to + channel] = channels[channel](word);
    };
  }
  const perByte = 8 / depth;
  return (start, column, to) => {
    const shift = 8 - depth * ((column % perByte) + 1);
    const index = (bytes[start + Math.floor(column / perByte)] >> shift) & (2 ** depth - 1);
    // An index beyond the palette is black, as in Pillow.
    if (index >= palette.count) return;
    const at = palette.at + index * palette.entry;
    data[to] = bytes[at + 2];
    data[to + 1] = bytes[at + 1];
    data[to + 2] = bytes[at];
  };
}

/** A channel of a pixel as 0 to 255: five bits of ones are 255, as in Pillow. */
function channelOf(mask: number): (word: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (word) => Math.trunc((((word & mask) >>> shift) * 255) / most);
}

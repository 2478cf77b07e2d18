/** Resizing by the nearest pixel, as PIL does it: libvips goes through a coarser image first and takes others. */
import type { Extent, Placement } from './fit.js';

/**
 * For each place of the result the place that it is read from: the one under its center. The position is summed up
 * step by step because PIL does so (`ImagingScaleAffine`): if it falls between two pixels, the last bit decides.
 */
function sources(from: number, to: number): Uint32Array {
  const step = from / to;
  const places = new Uint32Array(to);
  for (let i = 0, at = step * 0.5; i < to; i++, at += step) places[i] = Math.min(Math.floor(at), from - 1);
  return places;
}

/** Resizes an image of height x width x 3 bytes, and computes only the part that is kept of the result. */
export function resizePartNearest(
  pixels: Uint8Array,
  from: Extent,
  { scaled, cut, kept }: Pick<Placement, 'scaled' | 'cut' | 'kept'>,
): Uint8Array {
  const columns = sources(from.width, scaled.width).subarray(cut.left, cut.left + kept.width);
  const rows = sources(from.height, scaled.height).subarray(cut.top, cut.top + kept.height);
  const result = new Uint8Array(kept.width * kept.height * 3);
  let target = 0;
  for (const row of rows) {
    for (let i = 0; i < kept.width; i++) {
      const source = (row * from.width + columns[i]) * 3;
      result[target++] = pixels[source];
      result[target++] = pixels[source + 1];
      result[target++] = pixels[source + 2];
    }
  }
  return result;
}

/** Resizing by the nearest pixel, as PIL does it: libvips goes through a coarser image first and takes others. */

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

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Stretches an image of height x width x 3 bytes to another height and width. */
export function resizeNearest(pixels: Uint8Array, from: Extent, to: Extent): Uint8Array {
  const columns = sources(from.width, to.width);
  const result = new Uint8Array(to.width * to.height * 3);
  let target = 0;
  for (const row of sources(from.height, to.height)) {
    for (let i = 0; i < to.width; i++) {
      const source = (row * from.width + columns[i]) * 3;
      result[target++] = pixels[source];
      result[target++] = pixels[source + 1];
      result[target++] = pixels[source + 2];
    }
  }
  return result;
}

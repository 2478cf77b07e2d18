/** Stretches, crops or pads decoded pixels to the network's size, exactly as Pillow does. Runs in the browser too. */
import type { ImageSpec } from './dataset.js';
import { placementOf, type Extent, type Fit } from './fit.js';
import { resizePartNearest } from './nearest.js';
import { resizePart } from './resize.js';

export interface FitOptions {
  /** Left out if the image is stretched. */
  readonly fit?: Fit;
  readonly interpolation: ImageSpec['interpolation'];
}

/** Brings an image of height x width x 3 bytes to another size. */
export function resizeToFit(
  pixels: Uint8Array,
  from: Extent,
  to: Extent,
  { fit, interpolation }: FitOptions,
): Uint8Array {
  const placement = placementOf(from, to, fit);
  const { kept, place } = placement;
  const part =
    interpolation === 'nearest'
      ? resizePartNearest(pixels, from, placement)
      : resizePart(pixels, from, placement, interpolation);
  if (fit?.kind !== 'pad') return part;
  const result = filled(to, fit.fill);
  for (let row = 0; row < kept.height; row++) {
    const source = part.subarray(row * kept.width * 3, (row + 1) * kept.width * 3);
    result.set(source, ((place.top + row) * to.width + place.left) * 3);
  }
  return result;
}

function filled({ width, height }: Extent, [red, green, blue]: readonly number[]): Uint8Array {
  const result = new Uint8Array(width * height * 3);
  for (let at = 0; at < result.length; at += 3) {
    result[at] = red;
    result[at + 1] = green;
    result[at + 2] = blue;
  }
  return result;
}

/**
 * Brings pixels to a model's input in Node and in browsers: `prepare.mjs` beside an exported model. The same code as in
 * training, because sharp and canvases resize with other filters.
 */
import type { ImageSpec } from '../image/dataset.js';
import { resizeToFit } from '../image/fit-pixels.js';
import { preprocess, type Preprocessing } from '../model/preprocessing.js';

/**
 * Takes the pixels of a decoded, upright image, RGB or RGBA, and `image` of preprocessing.json. Returns the RGB bytes at
 * the model's size, which `model.onnx` takes.
 */
export function resize(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  { size: [toHeight, toWidth], interpolation, fit }: ImageSpec,
): Uint8Array {
  const channels = pixels.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new RangeError(`${width} x ${height} pixels need 3 or 4 bytes each, but there are ${pixels.length} bytes`);
  }
  const rgb = channels === 3 ? new Uint8Array(pixels) : withoutAlpha(pixels);
  return resizeToFit(rgb, { width, height }, { width: toWidth, height: toHeight }, { interpolation, fit });
}

function withoutAlpha(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from];
    rgb[to++] = rgba[from + 1];
    rgb[to++] = rgba[from + 2];
  }
  return rgb;
}

/** Takes RGB bytes and `preprocessing` of preprocessing.json. Returns the input of `model.json`. */
export function normalize(pixels: Uint8Array, preprocessing: Preprocessing): Float32Array {
  const input = new Float32Array(pixels.length);
  preprocess(pixels, input, preprocessing);
  return input;
}

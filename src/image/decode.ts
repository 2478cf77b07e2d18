/** Bytes of an image file to RGB pixels of one size: sharp decodes, `fit-pixels.ts` resizes. */
import PQueue from 'p-queue';
import sharp from 'sharp';
import type { ImageSpec } from './dataset.js';
import { decodeAgain } from './decode-failure.js';
import type { Fit } from './fit.js';
import { resizeToFit } from './fit-pixels.js';
import { openImage, readRgb, type OpenImage } from './pixels.js';

export type Interpolation = ImageSpec['interpolation'];

export interface DecodeOptions {
  readonly width: number;
  readonly height: number;
  readonly interpolation: Interpolation;
  /** `exif`: turned upright as the camera noted it; `stored`: as the pixels are in the file. */
  readonly orientation: ImageSpec['orientation'];
  /** Left out where the image is stretched. */
  readonly fit?: Fit;
}

/**
 * Takes a file's bytes; gives height x width x 3 bytes, RGB. Rejects with `picture-not-decodable` (bad data) if the
 * bytes are to blame, and with `out-of-resources` (input or output) if the machine is.
 */
export type Decoder = (bytes: Uint8Array) => Promise<Uint8Array>;

// One thread per image, and as many images at once as the caller has in flight: threads that share a small image
// spend their time waiting for each other. The cache would keep pixels that are never asked for again.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Makes a decoder. What it does is what Keras's `load_img` does through PIL, where the two need not differ:
 * - Both sides are stretched to the size asked for, unless `fit` says how the aspect is kept. Levels are those that PIL
 *   computes, to the last bit: the image is decoded at its full size, then resized by filters that widen with the
 *   reduction, so that a small image is an average of the large one, unlike in `tf.image.resize`. libvips would take less
 *   time for large JPEGs, which it reads at a half, a quarter or an eighth, at a difference of a few gray levels.
 * - Gray becomes RGB, 16 bits become 8, CMYK is multiplied out as PIL does it. Embedded color profiles are ignored, as
 *   by PIL: networks were trained on the numbers in the files.
 * - Alpha is dropped, not blended: a transparent pixel shows the color that is stored under it.
 * - EXIF orientation is applied, which Keras does not do.
 * - A JPEG that lacks nothing but its end marker is read, as by PIL; one that lacks image data is refused.
 */
export function createDecoder({ width, height, interpolation, orientation, fit }: DecodeOptions): Decoder {
  // Large images need memory for all their pixels: one after another.
  const large = new PQueue({ concurrency: 1 });
  const read = async (image: OpenImage): Promise<Uint8Array> => {
    const raster = await readRgb(image);
    return resizeToFit(raster.data, raster, { width, height }, { fit, interpolation });
  };
  const decode = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const image = await openImage(bytes, orientation);
    return image.large ? large.add(() => read(image)) : read(image);
  };
  return (bytes) => decode(bytes).catch((error: unknown) => decodeAgain(error, bytes, decode));
}

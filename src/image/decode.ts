/** Bytes of an image file to RGB pixels of one size, by sharp. */
import PQueue from 'p-queue';
import sharp, { type KernelEnum } from 'sharp';
import type { ImageSpec } from './dataset.js';
import { decodeAgain } from './decode-failure.js';
import { enlarge, type Filter } from './enlarge.js';
import type { Fit } from './fit.js';
import { resizeToFit } from './fit-pixels.js';
import { resizeNearest } from './nearest.js';
import { openImage, rgb, type OpenImage } from './pixels.js';

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

const kernels: Readonly<Record<Filter, keyof KernelEnum>> = {
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
};

/**
 * Makes a decoder. What it does is what Keras's `load_img` does through PIL, where the two need not differ:
 * - Both sides are stretched to the size asked for, unless `fit` says how the aspect is kept. What is cropped or padded
 *   has the very levels that PIL computes, at the cost of decoding the whole image and of a filter in JavaScript.
 * - `nearest` takes the very pixels that PIL takes, out of the whole decoded image, which costs memory and time where
 *   that has many megapixels. The others are filters that widen with the reduction, so that a small image is an
 *   average of the large one, as in PIL and unlike `tf.image.resize`. An image that is enlarged in one direction or both
 *   gets the very levels that PIL computes. One that is reduced is within a level on average; a JPEG is read at a half, a
 *   quarter or an eighth if that is still larger than the result: much faster, at a difference of a few gray levels.
 * - Gray becomes RGB, 16 bits become 8, CMYK is multiplied out as PIL does it. Embedded color profiles are ignored, as
 *   by PIL: networks were trained on the numbers in the files.
 * - Alpha is dropped, not blended: a transparent pixel shows the color that is stored under it.
 * - EXIF orientation is applied, which Keras does not do.
 * - A JPEG that lacks nothing but its end marker is read, as by PIL; one that lacks image data is refused.
 */
export function createDecoder(options: DecodeOptions): Decoder {
  const resize = resizeFor(options);
  // Large images need memory for all their pixels, or a decoder's buffers of that size: one after another.
  const large = new PQueue({ concurrency: 1 });
  const decode = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const image = await openImage(bytes, options.orientation);
    return image.large ? large.add(() => resize(image, options)) : resize(image, options);
  };
  return (bytes) => decode(bytes).catch((error: unknown) => decodeAgain(error, bytes, decode));
}

type Resize = (image: OpenImage, to: DecodeOptions) => Promise<Uint8Array>;

function resizeFor({ fit, interpolation }: DecodeOptions): Resize {
  if (fit !== undefined) return fitted(fit);
  return interpolation === 'nearest' ? nearest : reduceOrEnlarge(interpolation);
}

function fitted(fit: Fit): Resize {
  return async ({ pixels }, to) => {
    const { data, info } = await rgb(pixels()).toBuffer({ resolveWithObject: true });
    return resizeToFit(data, info, to, { fit, interpolation: to.interpolation });
  };
}

const nearest: Resize = async ({ pixels }, to) => {
  const { data, info } = await rgb(pixels()).toBuffer({ resolveWithObject: true });
  return resizeNearest(data, info, to);
};

function reduceOrEnlarge(filter: Filter): Resize {
  const reducing = { fit: 'fill', kernel: kernels[filter], fastShrinkOnLoad: true, withoutEnlargement: true } as const;
  return async ({ pixels }, to) => {
    const reduced = await rgb(pixels().resize(to.width, to.height, reducing)).toBuffer({ resolveWithObject: true });
    // Asking for the size first would cost a tenth of the time; few images are smaller than what is asked for.
    if (reduced.info.width === to.width && reduced.info.height === to.height) return reduced.data;
    const { data, info } = await rgb(pixels()).toBuffer({ resolveWithObject: true });
    return enlarge(data, info, to, filter);
  };
}

/** Bytes of a picture file to RGB pixels of one size, by sharp. */
import sharp, { type KernelEnum, type Sharp, type SharpOptions } from 'sharp';
import { failure, type PipelineError } from '../core/problem.js';
import type { ImageSpec } from './dataset.js';
import { enlarge, type Filter } from './enlarge.js';
import { resizeNearest } from './nearest.js';
import { pictureLimits } from './probe.js';

export { DECODER_VERSION } from './identity.js';

export type Interpolation = ImageSpec['interpolation'];

export interface DecodeOptions {
  readonly width: number;
  readonly height: number;
  readonly interpolation: Interpolation;
  /** `exif`: turned upright as the camera noted it; `stored`: as the pixels lie in the file. */
  readonly orientation: ImageSpec['orientation'];
}

/** Takes a file's bytes; gives height x width x 3 bytes, RGB. Rejects with `picture-not-decodable` (bad data). */
export type Decoder = (bytes: Uint8Array) => Promise<Uint8Array>;

// One thread a picture, and as many pictures at once as the caller has in flight: threads that share a small picture
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
 * - Both sides are stretched to the size asked for; the aspect is not kept.
 * - `nearest` takes the very pixels that PIL takes, out of the whole decoded picture, which costs memory and time where
 *   that has many megapixels. The others are filters that widen with the reduction, so that a small picture is an
 *   average of the large one, as in PIL and unlike `tf.image.resize`. A picture that is enlarged in one direction or both
 *   gets the very levels that PIL computes. One that is reduced is within a level on average; a JPEG is read at a half, a
 *   quarter or an eighth where that is still larger than the result: much faster, at a difference of a few grey levels.
 * - Grey becomes RGB, 16 bits become 8, CMYK goes through a generic profile. Embedded colour profiles are ignored, as
 *   by PIL: networks were trained on the numbers in the files.
 * - Alpha is dropped, not blended: a transparent pixel shows the colour that is stored under it.
 * - EXIF orientation is applied, which Keras does not do.
 */
export function createDecoder(options: DecodeOptions): Decoder {
  const input: SharpOptions = {
    autoOrient: options.orientation === 'exif',
    failOn: 'error',
    ignoreIcc: true,
    limitInputPixels: pictureLimits.pixels,
    pages: 1,
    sequentialRead: true,
  };
  const { interpolation } = options;
  const decode =
    interpolation === 'nearest' ? nearestDecoder(options, input) : filterDecoder(options, interpolation, input);
  return async (bytes) => {
    try {
      return await decode(bytes);
    } catch (error) {
      throw notDecodable(error);
    }
  };
}

function nearestDecoder(options: DecodeOptions, input: SharpOptions): Decoder {
  return async (bytes) => {
    const { data, info } = await rgb(sharp(bytes, input)).toBuffer({ resolveWithObject: true });
    return resizeNearest(data, info, options);
  };
}

function filterDecoder(to: DecodeOptions, filter: Filter, input: SharpOptions): Decoder {
  const reducing = { fit: 'fill', kernel: kernels[filter], fastShrinkOnLoad: true, withoutEnlargement: true } as const;
  return async (bytes) => {
    const picture = await withoutAlpha(sharp(bytes, input), bytes);
    const reduced = await rgb(picture.resize(to.width, to.height, reducing)).toBuffer({ resolveWithObject: true });
    // Asking for the size first would cost a tenth of the time; few pictures are smaller than what is asked for.
    if (reduced.info.width === to.width && reduced.info.height === to.height) return reduced.data;
    const { data, info } = await rgb(sharp(bytes, input)).toBuffer({ resolveWithObject: true });
    return enlarge(data, info, to, filter);
  };
}

/** Three bytes a pixel, whatever the picture had. */
function rgb(picture: Sharp): Sharp {
  return picture.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
}

/**
 * sharp multiplies colours by their alpha before it resizes, which would turn what is transparent black. So alpha goes
 * first, in a pass of its own, for the few pictures that have it. A JPEG (0xff first) never has.
 */
async function withoutAlpha(picture: Sharp, bytes: Uint8Array): Promise<Sharp> {
  if (bytes[0] === 0xff || !(await picture.metadata()).hasAlpha) return picture;
  const { data, info } = await rgb(picture).toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
}

function notDecodable(error: unknown): PipelineError {
  const message = error instanceof Error ? error.message : String(error);
  const problem = {
    code: 'picture-not-decodable',
    found: `cannot be decoded: ${message.trim().replace(/\s*\n\s*/g, '; ')}`,
    expected: 'a JPEG, PNG or WebP file that decodes without errors',
    remedy: 'replace or remove the file, or let the pipeline leave such pictures out with on_bad_image: skip',
  };
  return failure('bad-data', problem, error);
}

/**
 * Finds out from a file's bytes whether it is a whole image of a format that is read, and its size, without decoding
 * it.
 */
import { imageLimits } from '../core/image-limits.js';
import { formatOf, type ImageFormat } from '../core/image-signatures.js';
import { PipelineError } from '../core/problem.js';
import { readAvif } from './formats/avif.js';
import { readBmp } from './formats/bmp.js';
import { describeForeign, HOLDS_PATH } from './formats/foreign.js';
import { readGif } from './formats/gif.js';
import { readJpeg } from './formats/jpeg.js';
import { readPng } from './formats/png.js';
import type { Reading } from './formats/reading.js';
import { readTiff } from './formats/tiff.js';
import { readWebp } from './formats/webp.js';

/** Part of the keys of what a probe decides; bumped when the same bytes may get another answer. */
export const PROBE_VERSION = 3;

export { HOLDS_PATH };

/**
 * What is wrong with a file: more than the limits allow, not an image of a format that is read, or one with parts
 * missing.
 */
export type ImageFault = 'too-large' | 'foreign' | 'damaged';

export type ImageProbe =
  /** `unended`: a JPEG without its end marker; only decoding can show whether all of its image data is there. */
  | {
      readonly ok: true;
      readonly format: ImageFormat;
      readonly width: number;
      readonly height: number;
      readonly unended?: true;
    }
  /** `reason` is worded to follow the file's name: `is a HEIC, expected JPEG, PNG, ...`. */
  | { readonly ok: false; readonly fault: ImageFault; readonly reason: string };

const readers: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Reading>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  gif: readGif,
  bmp: readBmp,
  tiff: readTiff,
  avif: readAvif,
};

function refuse(fault: ImageFault, reason: string): ImageProbe {
  return { ok: false, fault, reason };
}

/**
 * Judges a file by its content, never by its name. Width and height are those of the stored pixels, before the EXIF
 * orientation. A file that passes has all its parts; only decoding can show whether its compressed data is sound.
 * An image of more pixels than `mostPixels`, or with a side of more than 2^20, is refused. Never throws, whatever the bytes.
 */
export function probeImage(bytes: Uint8Array, mostPixels: number = imageLimits.pixels): ImageProbe {
  if (bytes.length > imageLimits.bytes) {
    return refuse('too-large', tooManyBytes(bytes.length));
  }
  const format = formatOf(bytes);
  if (format === undefined) return refuse('foreign', describeForeign(bytes));
  const reading = readers[format](bytes);
  if ('reason' in reading) return refuse('damaged', reading.reason);
  const { width, height, unended } = reading;
  if (width < 1 || height < 1) return refuse('damaged', `is damaged: it says that it is ${width}x${height} pixels`);
  if (Math.max(width, height) > imageLimits.side) {
    return refuse('too-large', `has ${width}x${height} pixels, and no side may be longer than ${imageLimits.side}`);
  }
  if (width * height > mostPixels) {
    return refuse('too-large', `has ${width}x${height} pixels, more than the limit of ${mostPixels / 1e6} megapixels`);
  }
  return { ok: true, format, width, height, ...(unended && { unended }) };
}

/** The message about a file of this many bytes. */
export function tooManyBytes(count: number): string {
  return `has ${mebi(count)} MiB, more than the limit of ${mebi(imageLimits.bytes)} MiB`;
}

/** In units of 2^20, to one decimal place at most. */
function mebi(count: number): number {
  return Math.ceil((count / 2 ** 20) * 10) / 10;
}

/**
 * Whether an image may be left out for this failure where bad ones are: one that was changed or is gone may be as good
 * as any, and a disk error says nothing about the image.
 */
export function isUndecodable(error: unknown): error is PipelineError {
  return error instanceof PipelineError && error.problems[0].code === 'picture-not-decodable';
}

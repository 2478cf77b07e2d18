/** Tells from a file's bytes whether it is a whole JPEG, PNG or WebP, and its size, without decoding it. */
import { describeForeign } from './formats/foreign.js';
import { readJpeg } from './formats/jpeg.js';
import { PNG_SIGNATURE, readPng } from './formats/png.js';
import { latin1, type Reading } from './formats/reading.js';
import { readWebp } from './formats/webp.js';

/** Part of the keys of what is told from a probe; bumped when the same bytes may get another answer. */
export const PROBE_VERSION = 1;

/** What is read into memory for one picture stays bounded: the file, and its pixels before they are made smaller. */
export const pictureLimits = { bytes: 64 * 2 ** 20, pixels: 64 * 2 ** 20 } as const;

export type PictureFormat = 'jpeg' | 'png' | 'webp';

/** What is wrong with a file: more than the limits allow, no picture of a kind that is read, or one with parts missing. */
export type PictureFault = 'too-large' | 'foreign' | 'damaged';

export type PictureProbe =
  | { readonly ok: true; readonly format: PictureFormat; readonly width: number; readonly height: number }
  /** `reason` is worded to follow the file's name: `is a GIF, expected JPEG, PNG or WebP`. */
  | { readonly ok: false; readonly fault: PictureFault; readonly reason: string };

const readers: Readonly<Record<PictureFormat, (bytes: Uint8Array) => Reading>> = { jpeg: readJpeg, png: readPng, webp: readWebp };

/** Whether a file is meant to be a picture, by its name: in a folder, other files that are none are passed over. */
export function hasPictureName(path: string): boolean {
  return /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|avif)$/i.test(path);
}

function formatOf(bytes: Uint8Array): PictureFormat | undefined {
  const start = latin1(bytes, 0, 12);
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (start.startsWith(PNG_SIGNATURE)) return 'png';
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'webp' : undefined;
}

function refuse(fault: PictureFault, reason: string): PictureProbe {
  return { ok: false, fault, reason };
}

/**
 * Judges a file by its content, never by its name. Width and height are those of the stored pixels, before the EXIF
 * orientation. A file that passes has all its parts; whether its compressed data is sound only decoding can tell.
 * Never throws, whatever the bytes.
 */
export function probePicture(bytes: Uint8Array): PictureProbe {
  if (bytes.length > pictureLimits.bytes) {
    return refuse('too-large', tooManyBytes(bytes.length));
  }
  const format = formatOf(bytes);
  if (format === undefined) return refuse('foreign', describeForeign(bytes));
  const reading = readers[format](bytes);
  if ('reason' in reading) return refuse('damaged', reading.reason);
  const { width, height } = reading;
  if (width < 1 || height < 1) return refuse('damaged', `is damaged: it says that it is ${width}x${height} pixels`);
  if (width * height > pictureLimits.pixels) {
    return refuse('too-large', `has ${width}x${height} pixels, more than the limit of ${mebi(pictureLimits.pixels)} megapixels`);
  }
  return { ok: true, format, width, height };
}

/** What is said of a file of so many bytes. */
export function tooManyBytes(count: number): string {
  return `has ${mebi(count)} MiB, more than the limit of ${mebi(pictureLimits.bytes)} MiB`;
}

/** In units of 2^20, to one decimal place at most. */
function mebi(count: number): number {
  return Math.ceil((count / 2 ** 20) * 10) / 10;
}

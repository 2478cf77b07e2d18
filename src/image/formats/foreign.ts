/** Names what is not an image that we read, from its first bytes, so that the message can say more than "unknown". */
import { BIG_TIFF } from '../../core/image-signatures.js';
import { latin1 } from './reading.js';

const signatures: readonly (readonly [RegExp, string])[] = [
  [BIG_TIFF, 'a BigTIFF'],
  [/^[^]{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)/, 'a HEIC'],
  [/^[^]{4}ftyp/, 'an MP4 video or one of its kin'],
  [/^(\0\0\0\x0cjXL |\xff\x0a)/, 'a JPEG XL'],
  [/^\0\0\0\x0cjP {2}/, 'a JPEG 2000'],
  [/^8BPS/, 'a Photoshop document'],
  [/^%PDF-/, 'a PDF'],
  [/^PK\x03\x04/, 'a ZIP archive'],
  [/^\x1f\x8b/, 'a gzip archive'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the file that it stands for'],
  [/^\s*(<!doctype html|<html)/i, 'an HTML page'],
  [/^(\xef\xbb\xbf)?\s*<([?!][^]*<)?svg[\s>]/i, 'an SVG'],
];

/** How much of the file is looked at: an SVG's first element may come after a comment. */
const LOOK = 512;

/** What is read, for messages. */
export const READ_FORMATS = 'JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF';

/**
 * How {@link describeForeign} begins about a file that stands for another one, as Git writes links if it makes none.
 */
export const HOLDS_PATH = 'is a text file that holds the path';

/** One line without a break at its end, with a slash in it. */
function isPath(bytes: Uint8Array, start: string): boolean {
  return (
    bytes.length < LOOK &&
    /^[\x21-\x7e\x80-\xff][^\x00-\x1f]*\/[^\x00-\x1f]+$/.test(start) &&
    !start.includes('://') &&
    !start.startsWith('<')
  );
}

/** `is a HEIC, expected JPEG, PNG, ...`, or as much as is known about unknown bytes. */
export function describeForeign(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'is empty';
  const start = latin1(bytes, 0, LOOK);
  const match = signatures.find(([pattern]) => pattern.test(start));
  if (isPath(bytes, start))
    return `${HOLDS_PATH} ${JSON.stringify(start)}, as a symbolic link does after it was copied without support for links`;
  if (match !== undefined) return `is ${match[1]}, expected ${READ_FORMATS}`;
  return `is not an image (${beginning(bytes)})`;
}

/** That it is text, or the first bytes. Text is not quoted: a link may lead to private content. */
function beginning(bytes: Uint8Array): string {
  const text = latin1(bytes, 0, 16);
  if (/^[\x20-\x7e\t\r\n]+$/.test(text)) return 'it is text';
  return `it begins with the bytes ${[...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}

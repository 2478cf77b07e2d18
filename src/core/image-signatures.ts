/** The first bytes of image files: one table for all that ask whether a file is an image, and of which format. */

/** The formats that are read. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp' | 'tiff' | 'avif';

/** As people know them. */
export const formatNames: Readonly<Record<ImageFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  bmp: 'BMP',
  tiff: 'TIFF',
  avif: 'AVIF',
};

/** As many bytes as the table looks at. */
export const IMAGE_BEGINNING = 12;

export const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

const signatures: readonly (readonly [ImageFormat, RegExp])[] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', new RegExp(`^${PNG_SIGNATURE}`)],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['gif', /^GIF8[79]a/],
  ['bmp', /^BM[^]{4}\0\0\0\0/],
  ['tiff', /^(II\*\0|MM\0\*)/],
  ['avif', /^[^]{4}ftypavi[fs]/],
];

/** A TIFF of more than 4 GiB: an image too, though none that is read. */
export const BIG_TIFF = /^(II\+\0|MM\0\+)/;

/** The format of a file by its first bytes; undefined for what is not read. */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const start = beginningOf(bytes);
  return signatures.find(([, pattern]) => pattern.test(start))?.[0];
}

/** Whether bytes begin as images do, those of the formats that are read and BigTIFF. */
export function beginsLikeImage(bytes: Uint8Array): boolean {
  return formatOf(bytes) !== undefined || BIG_TIFF.test(beginningOf(bytes));
}

function beginningOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, IMAGE_BEGINNING));
}

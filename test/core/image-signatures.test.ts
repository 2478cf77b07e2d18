import { expect, test } from '@jest/globals';
import { beginsLikeImage, formatOf, IMAGE_BEGINNING } from '../../src/core/image-signatures.js';

test.each([
  ['\xff\xd8\xff\xe0', 'jpeg'],
  ['\x89PNG\r\n\x1a\n\0\0\0\r', 'png'],
  ['RIFF\x24\0\0\0WEBPVP8 ', 'webp'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['BM\x36\x0c\0\0\0\0\0\0\x36\0', 'bmp'],
  ['II*\0\x08\0\0\0', 'tiff'],
  ['MM\0*\0\0\0\x08', 'tiff'],
  ['\0\0\0\x20ftypavif\0\0\0\0', 'avif'],
  ['\0\0\0\x20ftypavis\0\0\0\0', 'avif'],
])('%j is %s', (text, format) => {
  const bytes = Buffer.from(text, 'latin1');
  expect([formatOf(bytes), beginsLikeImage(bytes)]).toEqual([format, true]);
  expect(formatOf(bytes.subarray(0, IMAGE_BEGINNING))).toBe(format);
});

test('a BigTIFF is an image of a format that is not read', () => {
  const bytes = Buffer.from('II+\0\x08\0\0\0', 'latin1');
  expect([formatOf(bytes), beginsLikeImage(bytes)]).toEqual([undefined, true]);
});

test.each(['', 'BM, once upon a time', 'RIFF\x24\0\0\0WAVEfmt ', '\x89PNG\n\x1a\n', '\0\0\0\x20ftypmp42', 'II*'])(
  '%j is not an image',
  (text) => {
    expect(beginsLikeImage(Buffer.from(text, 'latin1'))).toBe(false);
  },
);

/** Decoding: what becomes of the many kinds of pictures. Each expectation is what PIL gives, or what a person sees. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { createDecoder, type DecodeOptions, type Interpolation } from '../../src/image/decode.js';
import { decoderIdentity } from '../../src/image/identity.js';
import { testWithShared } from '../shared.js';
import { BLUE, drawn, GREEN, noisy, quadrants, RED, WHITE, type Color } from './images.js';

const decoder = (width: number, height: number, options: Partial<DecodeOptions> = {}) =>
  createDecoder({ width, height, interpolation: 'bilinear', orientation: 'exif', ...options });

/** The colors of the four corners of a decoded image: top left, top right, bottom left, bottom right. */
function corners(pixels: Uint8Array, width: number, height: number): number[][] {
  const at = (row: number, column: number) => [
    ...pixels.subarray((row * width + column) * 3, (row * width + column) * 3 + 3),
  ];
  return [at(0, 0), at(0, width - 1), at(height - 1, 0), at(height - 1, width - 1)];
}

function nearestColors(found: number[][]): Color[] {
  const distance = (color: Color, levels: number[]) =>
    Math.max(...color.map((level, i) => Math.abs(level - levels[i])));
  return found.map((levels) => {
    const match = [RED, GREEN, BLUE, WHITE].find((color) => distance(color, levels) < 12);
    if (match === undefined) throw new Error(`no known color: ${levels.join(' ')}`);
    return match;
  });
}

describe('orientation', () => {
  // Where the stored pixel (row, column) of an image lies in the upright one of height x width, by EXIF number.
  const upright: ((row: number, column: number, height: number, width: number) => [number, number])[] = [
    (r, c) => [r, c],
    (r, c, _, w) => [r, w - 1 - c],
    (r, c, h, w) => [h - 1 - r, w - 1 - c],
    (r, c, h) => [h - 1 - r, c],
    (r, c) => [c, r],
    (r, c, _, w) => [c, w - 1 - r],
    (r, c, h, w) => [h - 1 - c, w - 1 - r],
    (r, c, h) => [h - 1 - c, r],
  ];
  const [width, height] = [64, 32];

  function stored(orientation: number): Promise<Buffer> {
    const [w, h] = orientation > 4 ? [height, width] : [width, height];
    const place = upright[orientation - 1];
    const image = drawn(w, h, (row, column) => quadrants(...place(row, column, height, width), width, height));
    return image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).withMetadata({ orientation }).toBuffer();
  }

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i comes out upright', async (orientation) => {
    const bytes = await stored(orientation);
    expect((await sharp(bytes).metadata()).orientation).toBe(orientation);
    const pixels = await decoder(12, 10)(bytes);
    expect(nearestColors(corners(pixels, 12, 10))).toEqual([RED, GREEN, BLUE, WHITE]);
  });

  test('the pixels as they are stored can be asked for', async () => {
    const pixels = await decoder(12, 10, { orientation: 'stored' })(await stored(6));
    expect(nearestColors(corners(pixels, 12, 10))).toEqual([GREEN, WHITE, RED, BLUE]);
  });
});

describe('colors', () => {
  const decodeAsIs = async (bytes: Uint8Array, width: number, height: number) => [
    ...(await decoder(width, height)(bytes)),
  ];

  test('gray becomes RGB', async () => {
    const png = await drawn(3, 1, (_, column) => [column * 100])
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect(await decodeAsIs(png, 3, 1)).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200]);
  });

  test('a palette becomes RGB', async () => {
    const png = await drawn(2, 1, (_, column) => [RED, BLUE][column])
      .png({ palette: true })
      .toBuffer();
    expect(await decodeAsIs(png, 2, 1)).toEqual([...RED, ...BLUE]);
  });

  test.each([2, 1])('alpha is dropped and the color under it kept, at 1/%i of the size', async (divisor) => {
    const png = await drawn(4, 4, (row) => [...(row < 2 ? RED : GREEN), row < 2 ? 0 : 128])
      .png()
      .toBuffer();
    const pixels = await decoder(4 / divisor, 4 / divisor, { interpolation: 'nearest' })(png);
    const [top, , bottom] = corners(pixels, 4 / divisor, 4 / divisor);
    expect([top, bottom]).toEqual([[...RED], [...GREEN]]);
  });

  test.each(['bilinear', 'bicubic', 'lanczos'] as const)('alpha has no weight in %s', async (interpolation) => {
    const png = await drawn(9, 9, (row, column) => [...BLUE, (row * column * 37) % 256])
      .png()
      .toBuffer();
    const pixels = await decoder(2, 2, { interpolation })(png);
    expect([...pixels]).toEqual([...BLUE, ...BLUE, ...BLUE, ...BLUE]);
  });

  test('alpha of gray images and of WebP too', async () => {
    const gray = await drawn(2, 1, (_, column) => [40 + column, column * 255])
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect(await decodeAsIs(gray, 2, 1)).toEqual([40, 40, 40, 41, 41, 41]);
    const webp = await drawn(2, 1, () => [...RED, 10])
      .webp({ lossless: true, exact: true })
      .toBuffer();
    expect(await decodeAsIs(webp, 2, 1)).toEqual([...RED, ...RED]);
  });

  test('an alpha image keeps its EXIF orientation', async () => {
    const image = drawn(8, 8, (row, column) => [...quadrants(row, column, 8, 8), 200]);
    const png = await image.png().withMetadata({ orientation: 3 }).toBuffer();
    const pixels = await decoder(4, 4, { interpolation: 'nearest' })(png);
    expect(nearestColors(corners(pixels, 4, 4))).toEqual([WHITE, BLUE, GREEN, RED]);
  });

  test('16 bits become the upper 8', async () => {
    const deep = Uint16Array.from([0, 65535, 257 * 100, 257 * 7, 257 * 50 + 3, 257 * 200]);
    const png = await sharp(deep, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect(await decodeAsIs(png, 2, 1)).toEqual([0, 255, 100, 7, 50, 200]);
  });

  test('CMYK becomes RGB', async () => {
    const jpeg = await drawn(16, 16, () => RED)
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    const [red, green, blue] = await decodeAsIs(jpeg, 16, 16);
    expect(red).toBeGreaterThan(200);
    expect(Math.max(green, blue)).toBeLessThan(60);
  });

  test('an embedded color profile changes nothing', async () => {
    const plain = drawn(2, 1, () => GREEN).png();
    const tagged = await plain.clone().withIccProfile('p3').toBuffer();
    const untagged = await sharp(tagged, { ignoreIcc: true }).png().toBuffer();
    expect((await sharp(tagged).metadata()).hasProfile).toBe(true);
    expect(await decodeAsIs(tagged, 2, 1)).toEqual(await decodeAsIs(untagged, 2, 1));
  });
});

describe('resizing', () => {
  /** Levels of the first channel of a row of 12 pixels, 0, 10, ... 110, at another width. */
  async function ramp(width: number, interpolation: Interpolation): Promise<number[]> {
    const png = await drawn(12, 1, (_, column) => [column * 10])
      .png()
      .toBuffer();
    const pixels = await decoder(width, 1, { interpolation })(png);
    return [...pixels].filter((_, i) => i % 3 === 0);
  }

  test('nearest takes the pixels that PIL takes', async () => {
    expect(await ramp(3, 'nearest')).toEqual([20, 60, 100]);
    expect(await ramp(5, 'nearest')).toEqual([10, 30, 60, 80, 100]);
    expect(await ramp(7, 'nearest')).toEqual([0, 20, 40, 60, 70, 90, 110]);
  });

  test('nearest takes whole decoded pixels, however large the JPEG', async () => {
    const bytes = await noisy(350, 130).jpeg().toBuffer();
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const pixels = await decoder(3, 2, { interpolation: 'nearest' })(bytes);
    const places = [32, 97].flatMap((row) => [58, 175, 291].map((column) => (row * 350 + column) * 3));
    expect([...pixels]).toEqual(places.flatMap((place) => [...data.subarray(place, place + 3)]));
  });

  test.each(['bilinear', 'bicubic', 'lanczos'] as const)('%s averages what it makes smaller', async (interpolation) => {
    const checks = await drawn(64, 64, (row, column) => Array(3).fill(((row + column) % 2) * 255))
      .png()
      .toBuffer();
    const pixels = await decoder(8, 8, { interpolation })(checks);
    expect(pixels.every((level) => Math.abs(level - 127) < 12)).toBe(true);
  });

  test('bilinear is close to PIL and kernels differ from each other', async () => {
    const pil = [5, 20, 39, 55, 71, 90, 105];
    const bilinear = await ramp(7, 'bilinear');
    expect(bilinear.every((level, i) => Math.abs(level - pil[i]) <= 2)).toBe(true);
    const png = await noisy(12, 12).png().toBuffer();
    const kinds = await Promise.all(
      (['nearest', 'bilinear', 'bicubic', 'lanczos'] as const).map((interpolation) =>
        decoder(7, 7, { interpolation })(png),
      ),
    );
    expect(new Set(kinds.map((pixels) => pixels.join())).size).toBe(4);
  });

  test('the aspect is not kept: the whole image is stretched', async () => {
    const png = await drawn(40, 10, (row, column) => quadrants(row, column, 40, 10))
      .png()
      .toBuffer();
    const pixels = await decoder(6, 20)(png);
    expect(pixels.length).toBe(6 * 20 * 3);
    expect(nearestColors(corners(pixels, 6, 20))).toEqual([RED, GREEN, BLUE, WHITE]);
  });
});

describe('images that do not decode', () => {
  const damaged = {
    category: 'bad-data',
    problems: [
      expect.objectContaining({ code: 'picture-not-decodable', found: 'is damaged: its image data cannot be decoded' }),
    ],
  };

  const cut = {
    category: 'bad-data',
    problems: [{ code: 'picture-not-decodable', found: 'is cut short: it ends inside its image data' }],
  };

  test.each([1, 2, 10, 500])('a JPEG that lacks %i bytes besides its end marker', async (more) => {
    const bytes = await noisy(64, 64).jpeg().toBuffer();
    await expect(decoder(8, 8)(bytes.subarray(0, bytes.length - 2 - more))).rejects.toMatchObject(cut);
  });

  test('a PNG with damaged data', async () => {
    const bytes = await noisy(64, 64).png().toBuffer();
    bytes.fill(0, 2000, 2040);
    await expect(decoder(8, 8)(bytes)).rejects.toMatchObject(damaged);
  });

  test('text', async () => {
    await expect(decoder(8, 8)(Buffer.from('no picture'))).rejects.toMatchObject(damaged);
    await expect(decoder(8, 8)(new Uint8Array())).rejects.toMatchObject(damaged);
  });
});

testWithShared('photographs give the same pixels one by one and eight at a time', async (shared) => {
  const folder = join(shared, 'data', 'cats-dogs', 'validation', 'cats');
  const names = (await readdir(folder)).sort().slice(0, 8);
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const decode = decoder(64, 64);
  const together = await Promise.all(files.map(decode));
  for (const [i, file] of files.entries()) expect(Buffer.compare(together[i], await decode(file))).toBe(0);
});

test('the identity names the versions that are loaded', () => {
  const { name, version, libvips, impl } = decoderIdentity();
  expect({ name, version, impl }).toEqual({ name: 'sharp', version: sharp.versions.sharp, impl: 4 });
  expect(libvips).toMatch(/^(\d+\.\d+\.\d+|bundled)/);
});

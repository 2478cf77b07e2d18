/** Probing: whole images, every way of cutting them short, and bytes that nobody expects. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import type { ImageFormat } from '../../src/core/image-signatures.js';
import { imageLimits } from '../../src/core/image-limits.js';
import { probeImage } from '../../src/image/probe.js';
import { testWithShared } from '../shared.js';
import { drawn, noisy, RED } from './images.js';

const [width, height] = [70, 50];
const whole = new Map<string, { readonly format: ImageFormat; readonly bytes: Buffer }>();

beforeAll(async () => {
  const image = () => noisy(width, height);
  const withAlpha = () => drawn(width, height, (row) => [...RED, row * 5]);
  const add = async (name: string, format: ImageFormat, made: Promise<Buffer>) => {
    whole.set(name, { format, bytes: await made });
  };
  await add('baseline JPEG', 'jpeg', image().jpeg().toBuffer());
  await add('progressive JPEG', 'jpeg', image().jpeg({ progressive: true }).toBuffer());
  await add('gray JPEG', 'jpeg', image().grayscale().jpeg().toBuffer());
  await add(
    'JPEG with EXIF',
    'jpeg',
    image()
      .jpeg()
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .toBuffer(),
  );
  await add('PNG', 'png', image().png().toBuffer());
  await add('interlaced PNG', 'png', image().png({ progressive: true }).toBuffer());
  await add('palette PNG', 'png', image().png({ palette: true }).toBuffer());
  await add('lossy WebP', 'webp', image().webp().toBuffer());
  await add('lossless WebP', 'webp', image().webp({ lossless: true }).toBuffer());
  await add('WebP with alpha', 'webp', withAlpha().webp().toBuffer());
  await add('animated WebP', 'webp', animation().webp({ lossless: true }).toBuffer());
  await add('GIF', 'gif', image().gif().toBuffer());
  await add('animated GIF', 'gif', animation().gif().toBuffer());
  await add('TIFF of strips', 'tiff', image().tiff({ compression: 'lzw' }).toBuffer());
  await add(
    'TIFF of tiles',
    'tiff',
    image().tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  );
  await add('AVIF', 'avif', image().avif({ effort: 0 }).toBuffer());
  await add('BMP', 'bmp', Promise.resolve(bitmap(width, height)));
});

/** Two images of noise, one after the other. */
function animation(): Sharp {
  const levels = Buffer.from(Array.from({ length: width * height * 2 * 3 }, (_, i) => (i * 7919) % 251));
  return sharp(levels, { raw: { width, height: 2 * height, channels: 3, pageHeight: height } });
}

/** A BMP of 24 bits per pixel. */
function bitmap(columns: number, rows: number): Buffer {
  const stride = Math.ceil((columns * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + stride * rows, 100);
  bytes.fill(0, 0, 54).write('BM', 'latin1');
  for (const [at, value] of [
    [2, bytes.length],
    [10, 54],
    [14, 40],
    [18, columns],
    [22, rows],
    [26, 1 + 24 * 65536],
  ])
    bytes.writeUInt32LE(value, at);
  return bytes;
}

const names = [
  'baseline JPEG',
  'progressive JPEG',
  'gray JPEG',
  'JPEG with EXIF',
  'PNG',
  'interlaced PNG',
  'palette PNG',
  'lossy WebP',
  'lossless WebP',
  'WebP with alpha',
  'animated WebP',
  'GIF',
  'animated GIF',
  'TIFF of strips',
  'TIFF of tiles',
  'AVIF',
  'BMP',
];

/** Of an animation, what follows the first frame may be missing. */
const firstFrame: Readonly<Record<string, number>> = { GIF: 0.99, 'animated GIF': 0.4 };

const reason = (bytes: Uint8Array | string) => {
  const probe = probeImage(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return probe.ok ? `a ${probe.format} of ${probe.width}x${probe.height}` : probe.reason;
};

function get(name: string): Buffer {
  return whole.get(name)!.bytes;
}

describe.each(names)('%s', (name) => {
  test('is reported with its size', () => {
    expect(probeImage(get(name))).toEqual({ ok: true, format: whole.get(name)!.format, width, height });
  });

  test('may be followed by other bytes', () => {
    expect(probeImage(Buffer.concat([get(name), Buffer.alloc(100, 0x20)])).ok).toBe(true);
  });

  test('is not taken for whole wherever it is cut', () => {
    const bytes = get(name);
    const step = Math.max(1, Math.floor(bytes.length / 300));
    const lengths = Array.from({ length: Math.floor(bytes.length / step) }, (_, i) => i * step);
    for (let less = 1; less <= 16; less++) lengths.push(bytes.length - less);
    const passes = (length: number): boolean => {
      const probe = probeImage(bytes.subarray(0, length));
      return probe.ok && probe.unended !== true && length < bytes.length * (firstFrame[name] ?? 1);
    };
    expect(lengths.filter(passes)).toEqual([]);
  });

  test('is read where it lies inside a larger buffer', () => {
    const larger = Buffer.concat([Buffer.alloc(13, 0xff), get(name)]);
    expect(probeImage(larger.subarray(13)).ok).toBe(true);
  });
});

describe('refusals say why', () => {
  test('a cut JPEG, in its data and before it', () => {
    const jpeg = get('baseline JPEG');
    expect(probeImage(jpeg.subarray(0, jpeg.length - 100))).toEqual({
      ok: true,
      format: 'jpeg',
      width,
      height,
      unended: true,
    });
    expect(reason(jpeg.subarray(0, 30))).toBe('is cut short: it ends inside a segment');
  });

  test('a thumbnail inside a cut JPEG does not stand for the image', async () => {
    const thumbnail = await noisy(8, 8).jpeg().toBuffer();
    const header = Buffer.from([0xff, 0xe1, (thumbnail.length + 2) >> 8, (thumbnail.length + 2) & 0xff]);
    const jpeg = get('baseline JPEG');
    const bytes = Buffer.concat([jpeg.subarray(0, 2), header, thumbnail, jpeg.subarray(2)]);
    expect(reason(bytes)).toBe('a jpeg of 70x50');
    expect(probeImage(bytes.subarray(0, bytes.length - 2))).toMatchObject({ ok: true, unended: true });
    expect(reason(bytes.subarray(0, thumbnail.length + 6))).toBe('is cut short: it ends before its image data');
  });

  test('markers without an image', () => {
    expect(reason('\xff\xd8\xff\xd9')).toBe('is damaged: it contains no image data');
    expect(reason('\xff\xd8\xff\xda\0\x02..\xff\xd9')).toBe('is damaged: its image data comes before its size');
    expect(reason('\xff\xd8\xff\xe0\0\x01..')).toBe('is damaged: segment e0 has an impossible length');
    const withoutHeight = '\xff\xd8\xff\xc0\0\x08\x08\0\0\0\x05\x01\xff\xda\0\x02\xff\xd9';
    expect(reason(withoutHeight)).toBe('is damaged: it says that it is 5x0 pixels');
  });

  test('a PNG with a flipped bit, without data or without a header', () => {
    const png = Buffer.from(get('PNG'));
    const data = png.indexOf('IDAT');
    expect(reason(Buffer.concat([png.subarray(0, data - 4), png.subarray(-12)]))).toBe(
      'is damaged: it contains no image data',
    );
    const headless = Buffer.concat([png.subarray(0, 8), png.subarray(data - 4)]);
    expect(reason(headless)).toBe('is damaged: it does not begin with a header chunk');
    expect(reason(png.subarray(0, -20))).toBe('is cut short: it ends inside its IDAT chunk');
    png[data + 50] ^= 1;
    expect(reason(png)).toBe('is damaged: its IDAT chunk has a wrong checksum');
  });

  test('a WebP that is shorter than it says', () => {
    const webp = get('lossy WebP');
    expect(reason(webp.subarray(0, webp.length - 10))).toBe(
      `is cut short: it has ${webp.length - 10} of ${webp.length} bytes`,
    );
    expect(reason('RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x07\0\0')).toBe('a webp of 10x8');
  });

  test('other formats are named', () => {
    expect(reason('\0\0\0\x18ftypheic\0\0\0\0mif1heic')).toBe(
      'is a HEIC, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF',
    );
    expect(reason('II+\0')).toBe('is a BigTIFF, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF');
    expect(reason('<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="...">')).toBe(
      'is an SVG, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF',
    );
    expect(reason('<!DOCTYPE html><title>404</title>')).toBe(
      'is an HTML page, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF',
    );
  });

  test('a TIFF of floating-point samples, a BMP that is compressed', async () => {
    const samples = await sharp(new Float32Array(12), { raw: { width: 2, height: 2, channels: 3 } })
      .pipelineColourspace('scrgb')
      .toColourspace('scrgb')
      .tiff({ compression: 'none' })
      .toBuffer();
    expect(reason(samples)).toBe(
      'is a TIFF of measurements (floating-point, signed or 32-bit samples), expected 8 or 16 bits per channel',
    );
    const compressed = bitmap(8, 8);
    compressed.writeUInt32LE(1, 30);
    expect(reason(compressed)).toBe('is a compressed BMP, expected one without compression');
  });

  test('a directory of a TIFF that names more strips than there are bytes costs nothing', () => {
    const header = Buffer.from('49492a0008000000ffff', 'hex');
    const entry = Buffer.from('1101040000ffffff08000000', 'hex');
    expect(reason(Buffer.concat([header, ...Array<Buffer>(65535).fill(entry)]))).toBe(
      'is cut short: it ends inside its directory',
    );
  });

  test('what is nothing of the kind is shown', () => {
    expect(reason('')).toBe('is empty');
    expect(reason('just some text that is called cat.jpg')).toBe('is not an image (it is text)');
    expect(reason('\0\x01\x02\xfe')).toBe('is not an image (it begins with the bytes 00 01 02 fe)');
  });

  test('too many bytes or pixels', async () => {
    expect(reason(new Uint8Array(imageLimits.bytes + 1))).toBe('has 128.1 MiB, more than the limit of 128 MiB');
    const wide = await sharp({ create: { width: 16_000, height: 16_001, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect(probeImage(wide, 300e6).ok).toBe(true);
    expect(reason(wide)).toBe('has 16000x16001 pixels, more than the limit of 256 megapixels');
    // A file of a few hundred kilobytes, whose filters would take a minute and gigabytes.
    const long = await sharp({ create: { width: 2 ** 20 + 1, height: 1, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect(reason(long)).toBe('has 1048577x1 pixels, and no side may be longer than 1048576');
  });
});

describe('hostile bytes', () => {
  const png = '\x89PNG\r\n\x1a\n';
  const starts = [
    '',
    '\xff\xd8\xff',
    png,
    `${png}\0\0\0\rIHDR`,
    'RIFF\0\0\0\0WEBP',
    'RIFF\x20\0\0\0WEBPVP8 ',
    '<!--',
    'GIF89a',
    'BM\0\0\0\0\0\0\0\0',
    'II*\0\x08\0\0\0\x04\0',
    'MM\0*',
    '\0\0\0\x18ftypavif',
    '\0\0\0\x0cftypavif\0\0\0\x60meta',
  ];

  test('never throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        const probe = probeImage(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
        if (!probe.ok) expect(probe.reason).toMatch(/^(is|has) /);
      }),
      { numRuns: 2000 },
    );
  });

  test('in place of parts of a good image never throw, and sizes stay within the limits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        (name, place, bytes) => {
          const image = Buffer.from(get(name));
          image.set(bytes, place % Math.min(400, image.length - bytes.length));
          const probe = probeImage(image);
          if (probe.ok) expect(probe.width * probe.height).toBeLessThanOrEqual(imageLimits.pixels);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

testWithShared('photographs are whole, of the size that sharp finds', async (shared) => {
  const folder = join(shared, 'data', 'cats-dogs', 'validation', 'dogs');
  for (const name of (await readdir(folder)).slice(0, 40)) {
    const bytes = await readFile(join(folder, name));
    const metadata = await sharp(bytes).metadata();
    expect(probeImage(bytes)).toEqual({ ok: true, format: 'jpeg', width: metadata.width, height: metadata.height });
  }
});

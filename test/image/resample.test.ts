/** The plain arithmetic for browsers against the decoder, for every way that libvips takes. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { Random } from '../../src/core/random.js';
import { createDecoder } from '../../src/image/decode.js';
import { resize } from '../../src/image/resample.js';

const WIDTH = 251;
const HEIGHT = 188;
const raw = { raw: { width: WIDTH, height: HEIGHT, channels: 3 } } as const;

/** Blurred noise in three colors, of the grain that photographs have; neither side is a multiple of a JPEG's block. */
async function image(): Promise<Buffer> {
  const random = Random.keyed('resample');
  const noise = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, () => random.below(256));
  return sharp(noise, raw).blur(1.5).normalize().raw().toBuffer();
}

let pixels: Buffer;
beforeAll(async () => {
  pixels = await image();
});

const encode = {
  png: (pixels: Buffer) => sharp(pixels, raw).png().toBuffer(),
  jpeg: (pixels: Buffer) => sharp(pixels, raw).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
  webp: (pixels: Buffer) => sharp(pixels, raw).webp({ lossless: true }).toBuffer(),
};
const formats = ['png', 'jpeg', 'webp'] as const;
const interpolations = ['nearest', 'bilinear', 'bicubic', 'lanczos'] as const;

/** [width, height]: a little smaller, JPEG at a half, a quarter and an eighth, blocks; larger; one side each way; as it is. */
const sizes = [
  [200, 150],
  [96, 60],
  [60, 40],
  [20, 15],
  [18, 50],
  [400, 300],
  [400, 60],
  [251, 188],
] as const;

function compare(a: Uint8Array, b: Uint8Array): { most: number; mean: number } {
  let [most, sum] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    most = Math.max(most, difference);
    sum += difference;
  }
  return { most, mean: sum / a.length };
}

describe.each(formats)('%s', (format) => {
  test.each(interpolations)('%s gives what the decoder gives, but for a few levels', async (interpolation) => {
    const file = await encode[format](pixels);
    const full = await sharp(file).removeAlpha().toColourspace('srgb').raw().toBuffer();
    for (const [width, height] of sizes) {
      const expected = await createDecoder({ width, height, interpolation, orientation: 'exif' })(file);
      const found = resize(full, { width: WIDTH, height: HEIGHT }, { width, height }, { interpolation, format });
      const { most, mean } = compare(expected, found);
      const sameCode = interpolation === 'nearest' || width > WIDTH || height > HEIGHT;
      const bar = sameCode ? { most: 0, mean: 0 } : { most: 4, mean: 0.6 };
      expect({ width, height, most, mean, within: most <= bar.most && mean <= bar.mean }).toMatchObject({
        within: true,
      });
    }
  });
});

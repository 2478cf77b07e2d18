/** Cropping and padding against Pillow and the arithmetic of Hugging Face's processors (tools/keras/fit.py). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { createDecoder, type Interpolation } from '../../src/image/decode.js';
import { isFit, placementOf, sidesBeforeCrop, type Fit } from '../../src/image/fit.js';
import { resizeToFit } from '../../src/image/fit-pixels.js';
import { fixture } from '../keras/fixture.js';
import { noise } from '../keras/noise.js';

interface Golden {
  readonly noise: string;
  /** Width and height. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly interpolation: Interpolation;
  readonly kind: 'crop' | 'whole' | 'pad';
  /** RGB, in Base64. */
  readonly pixels: string;
}

const fits: Readonly<Record<Golden['kind'], Fit>> = {
  crop: { kind: 'crop', crop_pct: 0.875 },
  whole: { kind: 'crop', crop_pct: 1 },
  pad: { kind: 'pad', fill: [124, 116, 104] },
};

const drawn = (name: string, [width, height]: readonly [number, number]): Uint8Array =>
  Uint8Array.from(noise(name, width * height * 3, 0, 256), (level) => Math.min(255, Math.floor(level)));

test.each(fixture<Golden[]>('fit'))('$noise to $to, $kind, $interpolation, is as in Python', async (golden) => {
  const [[width, height], [toWidth, toHeight]] = [golden.from, golden.to];
  const pixels = drawn(golden.noise, golden.from);
  const { interpolation } = golden;
  const fit = fits[golden.kind];
  const to = { width: toWidth, height: toHeight };
  const expected = Buffer.from(golden.pixels, 'base64');
  expect(Buffer.from(resizeToFit(pixels, { width, height }, to, { fit, interpolation }))).toEqual(expected);
  const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const decode = createDecoder({ ...to, interpolation, orientation: 'exif', fit });
  expect(Buffer.from(await decode(file))).toEqual(expected);
});

describe('the place of an image', () => {
  const extent = fc.record({ width: fc.integer({ min: 1, max: 5000 }), height: fc.integer({ min: 1, max: 5000 }) });
  const target = fc.record({ width: fc.integer({ min: 8, max: 512 }), height: fc.integer({ min: 8, max: 512 }) });

  test('fills the result, and lies inside it', () => {
    fc.assert(
      fc.property(extent, target, fc.constantFrom(...Object.values(fits)), (from, to, fit) => {
        const { scaled, cut, place, kept } = placementOf(from, to, fit);
        for (const [side, start] of [
          ['width', 'left'],
          ['height', 'top'],
        ] as const) {
          expect(cut[start]).toBeGreaterThanOrEqual(0);
          expect(cut[start] + kept[side]).toBeLessThanOrEqual(scaled[side]);
          expect(place[start]).toBeGreaterThanOrEqual(0);
          expect(place[start] + kept[side]).toBeLessThanOrEqual(to[side]);
        }
        if (fit.kind === 'crop') expect(kept).toEqual(to);
        else expect(kept.width === to.width || kept.height === to.height).toBe(true);
      }),
    );
  });

  test('before a crop, sides are those that networks were trained with', () => {
    const sides = [0.875, 0.9, 0.95, 1, 224 / 248, 224 / 235].map((share) =>
      sidesBeforeCrop({ width: 224, height: 224 }, share),
    );
    expect(sides.map(({ width }) => width)).toEqual([256, 248, 235, 224, 248, 235]);
  });
});

test('only fits with numbers in their range are read', () => {
  expect([...Object.values(fits), { kind: 'pad', fill: [0, 0, 255] }].every(isFit)).toBe(true);
  const wrong = [
    null,
    'crop',
    { kind: 'crop' },
    { kind: 'crop', crop_pct: 0 },
    { kind: 'crop', crop_pct: 1.5 },
    { kind: 'pad', fill: [0, 0] },
    { kind: 'pad', fill: [0, 0, 256] },
    { kind: 'stretch' },
  ];
  expect(wrong.filter(isFit)).toEqual([]);
});

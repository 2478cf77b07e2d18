/** Augmentation against Keras's own results, and the draws of chance. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Random } from '../../src/core/random.js';
import type { FillMode } from '../../src/image/affine.js';
import { applyTransform, drawTransform, type AugmentParameters, type Transform } from '../../src/image/augment.js';

interface Golden {
  readonly cval: number;
  readonly extent: readonly [height: number, width: number];
  readonly ranges: readonly {
    readonly asked: AugmentParameters;
    readonly drawn: Readonly<Record<string, readonly [least: number, most: number]>>;
  }[];
  readonly pictures: Readonly<
    Record<string, { readonly width: number; readonly height: number; readonly pixels: number[] }>
  >;
  readonly sharpness: readonly {
    readonly picture: string;
    readonly factor: number;
    readonly expected: readonly number[];
  }[];
  readonly cases: readonly {
    readonly picture: string;
    readonly fillMode: FillMode;
    readonly change: {
      readonly theta: number;
      readonly tx: number;
      readonly ty: number;
      readonly shear: number;
      readonly zx: number;
      readonly zy: number;
      readonly flip_horizontal: boolean;
      readonly flip_vertical: boolean;
      readonly channel_shift_intensity: number | null;
      readonly brightness: number | null;
    };
    readonly expected: readonly number[];
  }[];
}

/** Written by tools/keras/augment_golden.py. */
const golden = JSON.parse(readFileSync(new URL('../fixtures/keras/augment.json', import.meta.url), 'utf8')) as Golden;

const nothing: Transform = {
  theta: 0,
  tx: 0,
  ty: 0,
  shear: 0,
  zx: 1,
  zy: 1,
  flipHorizontal: false,
  flipVertical: false,
  channelShift: 0,
  brightness: null,
  sharpness: 1,
  fillMode: 'nearest',
  cval: 0,
};

function noise(length: number, ...key: (string | number)[]): Uint8Array {
  const random = Random.keyed('noise', ...key);
  return Uint8Array.from({ length }, () => random.below(256));
}

describe('applyTransform', () => {
  test.each(golden.cases.map((each, i) => [i, each.picture, each.fillMode, changed(each.change), each] as const))(
    'gives what Keras gives (%i: %s, %s, %s)',
    (_, name, fillMode, __, { change, expected }) => {
      const { flip_horizontal: flipHorizontal, flip_vertical: flipVertical, channel_shift_intensity, ...rest } = change;
      const channelShift = channel_shift_intensity ?? 0;
      const transform: Transform = {
        ...rest,
        sharpness: 1,
        flipHorizontal,
        flipVertical,
        channelShift,
        fillMode,
        cval: golden.cval,
      };
      const { width, height, pixels } = golden.pictures[name];
      const result = applyTransform(Uint8Array.from(pixels), width, height, transform);
      const worst = Math.max(...result.map((level, i) => Math.abs(level - expected[i])));
      expect(worst).toBeLessThan(0.002);
    },
  );

  function changed(change: Golden['cases'][number]['change']): string {
    const idle: Readonly<Record<string, unknown>> = { zx: 1, zy: 1 };
    const named = Object.entries(change).filter(([key, value]) => value && value !== idle[key]);
    return named.map(([key, value]) => `${key} ${value}`).join(', ');
  }

  test.each(golden.sharpness.map((each) => [each.picture, each.factor, each] as const))(
    'sharpens as PIL does (%s, %d)',
    (_, __, { picture, factor, expected }) => {
      const { width, height, pixels } = golden.pictures[picture];
      const result = applyTransform(Uint8Array.from(pixels), width, height, { ...nothing, sharpness: factor });
      const worst = Math.max(...result.map((level, i) => Math.abs(level - expected[i])));
      // PIL rounds the smooth image to whole levels, and cuts the blend to whole ones.
      expect(worst).toBeLessThanOrEqual(0.5 * Math.abs(1 - factor) + 1);
    },
  );

  test('without a change gives the pixels themselves', () => {
    const pixels = noise(5 * 4 * 3);
    expect([...applyTransform(pixels, 5, 4, nothing)]).toEqual([...pixels]);
  });

  test('a quarter turn takes the right edge to the top: counter-clockwise', () => {
    const pixels = noise(3 * 3 * 3);
    const result = applyTransform(pixels, 3, 3, { ...nothing, theta: 90 });
    const redAt = (levels: ArrayLike<number>, row: number, column: number) =>
      Math.round(levels[(row * 3 + column) * 3]);
    for (let i = 0; i < 3; i++) expect(redAt(result, 0, i)).toBe(redAt(pixels, i, 2));
  });

  test('flipping is the same alone, where pixels are copied, and after a warp', () => {
    const identity = { ...nothing, zx: 1 + 1e-12 };
    const extent = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(extent, extent, fc.boolean(), fc.boolean(), (width, height, h, v) => {
        const pixels = noise(width * height * 3, width, height);
        const flips = { flipHorizontal: h, flipVertical: v };
        const copied = applyTransform(pixels, width, height, { ...nothing, ...flips });
        const warped = applyTransform(pixels, width, height, { ...identity, ...flips });
        expect(warped.map(Math.round)).toEqual(copied);
      }),
    );
  });

  test('whatever the change, levels stay between the darkest and the brightest and nothing is left unwritten', () => {
    const degrees = fc.double({ min: -360, max: 360, noNaN: true });
    const pixelShift = fc.double({ min: -50, max: 50, noNaN: true });
    const zoom = fc.double({ min: 0.05, max: 8, noNaN: true });
    const change = fc.record({ theta: degrees, shear: degrees, tx: pixelShift, ty: pixelShift, zx: zoom, zy: zoom });
    const mode = fc.constantFrom<FillMode>('nearest', 'reflect', 'wrap', 'constant');
    const extent = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(extent, extent, change, mode, (width, height, numbers, fillMode) => {
        const pixels = noise(width * height * 3, width, height).map((level) => 50 + (level % 100));
        const levels = applyTransform(pixels, width, height, { ...nothing, ...numbers, fillMode, cval: 100 });
        expect(levels.every((level) => level >= 49.999 && level <= 149.001)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('drawTransform', () => {
  test.each(golden.ranges.map((each) => [JSON.stringify(each.asked), each] as const))(
    "draws from Keras's ranges (%s)",
    (_, { asked, drawn }) => {
      const [height, width] = golden.extent;
      const ours = Array.from({ length: 4000 }, (_, view) =>
        drawTransform(asked, Random.keyed('ranges', view), width, height),
      );
      const numbers: Readonly<Record<string, (draw: Transform) => number>> = {
        theta: ({ theta }) => theta,
        // Keras calls the rows x: the documented meaning of the two shifts, and ours, is the other way round.
        tx: ({ ty }) => ty,
        ty: ({ tx }) => tx,
        shear: ({ shear }) => shear,
        zx: ({ zx }) => zx,
        zy: ({ zy }) => zy,
        flip_horizontal: ({ flipHorizontal }) => Number(flipHorizontal),
        flip_vertical: ({ flipVertical }) => Number(flipVertical),
        channel_shift_intensity: ({ channelShift }) => channelShift,
        brightness: ({ brightness }) => brightness ?? 0,
      };
      expect(Object.keys(numbers)).toEqual(Object.keys(drawn));
      for (const [name, [least, most]] of Object.entries(drawn)) {
        const found = ours.map(numbers[name]);
        const slack = (most - least) * 0.005;
        expect([
          name,
          Math.abs(Math.min(...found) - least) <= slack,
          Math.abs(Math.max(...found) - most) <= slack,
        ]).toEqual([name, true, true]);
      }
    },
  );

  const everything: AugmentParameters = {
    rotation_range: 30,
    width_shift_range: 0.1,
    height_shift_range: 0.2,
    shear_range: 10,
    zoom_range: [0.5, 0.9],
    horizontal_flip: true,
    vertical_flip: true,
    brightness_range: [0.8, 1.2],
    sharpness_range: [0.4, 3],
    channel_shift_range: 12,
    fill_mode: 'wrap',
    cval: 9,
  };
  const draw = (parameters: AugmentParameters, view = 0) =>
    drawTransform(parameters, Random.keyed('draw', view), 200, 100);
  const draws = (parameters: AugmentParameters) => Array.from({ length: 2000 }, (_, view) => draw(parameters, view));
  const extremes = (numbers: number[]) => [Math.min(...numbers), Math.max(...numbers)];

  test('no parameters draw no change', () => {
    expect(draw({})).toEqual(nothing);
  });

  test('the same key draws the same change, in a fixed order', () => {
    expect(draw(everything)).toEqual(draw(everything));
    const u = Random.keyed('draw', 0);
    const numbers = Array.from({ length: 11 }, () => u.uniform());
    const [theta, ty, tx, shear, zx, zy, horizontal, vertical, channel, brightness, sharpness] = numbers;
    const transform = draw(everything);
    expect(transform.theta).toBeCloseTo(-30 + 60 * theta, 9);
    expect([transform.ty / 20, transform.tx / 20]).toEqual([
      expect.closeTo(-1 + 2 * ty, 9),
      expect.closeTo(-1 + 2 * tx, 9),
    ]);
    expect(transform.shear).toBeCloseTo(-10 + 20 * shear, 9);
    expect([transform.zx, transform.zy]).toEqual([
      expect.closeTo(0.5 + 0.4 * zx, 9),
      expect.closeTo(0.5 + 0.4 * zy, 9),
    ]);
    expect([transform.flipHorizontal, transform.flipVertical]).toEqual([horizontal < 0.5, vertical < 0.5]);
    expect(transform.channelShift).toBeCloseTo(-12 + 24 * channel, 9);
    expect(transform.brightness).toBeCloseTo(0.8 + 0.4 * brightness, 9);
    expect(transform.sharpness).toBeCloseTo(0.4 + 2.6 * sharpness, 9);
    expect([transform.fillMode, transform.cval]).toEqual(['wrap', 9]);
  });

  test('adding a range leaves the draws of the others as they were', () => {
    const { rotation_range: _, ...rest } = everything;
    expect(draw(rest)).toEqual({ ...draw(everything), theta: 0 });
  });

  test('zoom draws each axis for itself, from one minus to one plus z', () => {
    const all = draws({ zoom_range: 0.2 });
    for (const axis of ['zx', 'zy'] as const) {
      const [low, high] = extremes(all.map((transform) => transform[axis]));
      expect(low).toBeGreaterThanOrEqual(0.8);
      expect(low).toBeLessThan(0.802);
      expect(high).toBeGreaterThan(1.198);
      expect(high).toBeLessThan(1.2);
    }
    expect(all.filter(({ zx, zy }) => Math.abs(zx - zy) < 0.01).length).toBeLessThan(200);
  });

  test('a whole shift range from 1 on counts whole pixels below it, another one any pixels', () => {
    expect(new Set(draws({ width_shift_range: 3 }).map(({ tx }) => tx))).toEqual(new Set([-2, -1, 0, 1, 2]));
    const [low, high] = extremes(draws({ height_shift_range: 1.5 }).map(({ ty }) => ty));
    expect(low).toBeLessThan(-1.49);
    expect(high).toBeGreaterThan(1.49);
  });

  test('half of the images are flipped', () => {
    const flipped = draws({ horizontal_flip: true }).filter(({ flipHorizontal }) => flipHorizontal).length;
    expect(flipped).toBeGreaterThan(900);
    expect(flipped).toBeLessThan(1100);
  });
});

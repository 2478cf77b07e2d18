/** Class order and decoding against Keras's `flow_from_directory` (tools/keras/pictures.py), its images as they are stored. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createDecoder, type Interpolation } from '../../src/image/decode.js';
import { layoutOf } from '../../src/core/class-layout.js';
import { foldersOf } from '../../src/core/path-folders.js';
import { fixture } from './fixture.js';

interface Case {
  readonly size: readonly [height: number, width: number];
  readonly interpolation: Interpolation;
  /** SHA-256 of the pixels by file. */
  readonly exact?: Readonly<Record<string, string>>;
  /** The pixels themselves, in Base64. */
  readonly close?: Readonly<Record<string, string>>;
}

const golden = fixture<{ readonly classes: string[]; readonly order: string[]; readonly cases: readonly Case[] }>(
  'pictures',
);

test("classes come in Keras's order", () => {
  expect(
    layoutOf(
      foldersOf(
        golden.classes.map((name) => `${name}/picture.jpg`),
        () => true,
      ),
    ).classes,
  ).toEqual(golden.order);
});

async function decoded(name: string, { size: [height, width], interpolation }: Case): Promise<Uint8Array> {
  const decode = createDecoder({ width, height, interpolation, orientation: 'stored' });
  return decode(await readFile(`test/fixtures/keras/pictures/drawn/${name}`));
}

const titled = (cases: readonly Case[]) =>
  cases.map((each) => [each.interpolation, each.size.join(' x '), each] as const);

describe('the very pixels of Keras', () => {
  test.each(titled(golden.cases.filter(({ exact }) => exact !== undefined)))('%s to %s', async (_, __, each) => {
    const found: Record<string, string> = {};
    for (const name of Object.keys(each.exact!))
      found[name] = createHash('sha256')
        .update(await decoded(name, each))
        .digest('hex');
    expect(found).toEqual(each.exact);
    expect(Object.keys(found)).toHaveLength(7);
  });
});

/**
 * In gray levels, the largest and the mean one of an image full of edges. A reduction by five goes through whole-numbered
 * steps in libvips, and a JPEG is read at a quarter of its size first. Of photographs at 224 px the mean is below 0.25.
 */
const tolerances: Readonly<Record<string, readonly [largest: number, mean: number]>> = {
  '48,64 png': [2, 0.3],
  '48,64 jpg': [5, 0.3],
  '22,29 png': [9, 1.3],
  '22,29 jpg': [80, 12],
};

describe('nearly the pixels of Keras', () => {
  test.each(titled(golden.cases.filter(({ close }) => close !== undefined)))('%s to %s', async (_, __, each) => {
    for (const [name, text] of Object.entries(each.close!)) {
      const expected = Buffer.from(text, 'base64');
      const found = await decoded(name, each);
      const differences = found.map((level, i) => Math.abs(level - expected[i]));
      const [largest, mean] = tolerances[`${each.size} ${name.slice(-3)}`];
      expect(Math.max(...differences)).toBeLessThanOrEqual(largest);
      expect(differences.reduce((sum, x) => sum + x, 0) / differences.length).toBeLessThanOrEqual(mean);
    }
  });
});

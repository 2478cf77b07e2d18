/** Class order and decoding against Keras's `flow_from_directory` (tools/keras/pictures.py), its images as they are stored. */
import { expect, test } from '@jest/globals';
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
  readonly digests: Readonly<Record<string, string>>;
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

const titled = golden.cases.map((each) => [each.interpolation, each.size.join(' x '), each] as const);

test.each(titled)('the very pixels of Keras: %s to %s', async (_, __, each) => {
  const found: Record<string, string> = {};
  for (const name of Object.keys(each.digests))
    found[name] = createHash('sha256')
      .update(await decoded(name, each))
      .digest('hex');
  expect(found).toEqual(each.digests);
  expect(Object.keys(found)).toHaveLength(7);
});

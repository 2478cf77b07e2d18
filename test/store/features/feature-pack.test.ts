import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf, type FeatureSetKey } from '../../../src/core/digest.js';
import { nodeFs } from '../../../src/store/disk/cache-fs.js';
import {
  decodeEntry,
  encodeEntry,
  entryBytes,
  entryKey,
  entryOffset,
  isEntryOf,
  isPackName,
  KEY_BYTES,
  packHeader,
  packTail,
  readPackIndex,
  type PackShape,
} from '../../../src/store/features/feature-pack.js';
import { KeyWords } from '../../../src/store/features/key-table.js';
import { scratchFolder } from '../scratch.js';

const set = digestOf('set') as string as FeatureSetKey;

interface Row {
  readonly key: Buffer;
  readonly numbers: Float32Array;
}

function rowOf(image: string, view: number, numbers: readonly number[]): Row {
  return {
    key: Buffer.from(new KeyWords().set(digestOf(image), view).bytes),
    numbers: Float32Array.from(numbers),
  };
}

function packOf(shape: PackShape, rows: readonly Row[]): Buffer {
  const entries = rows.map(({ key, numbers }) => encodeEntry(shape, key, numbers)!);
  return Buffer.concat([packHeader(shape), ...entries, packTail(shape, entries.map(entryKey))]);
}

/** Reads a pack as a set would: the index, then each entry that it names. Undefined stands for a damaged entry. */
async function readPack(
  path: string,
  shape: PackShape,
  pack: Buffer,
): Promise<{ key: Buffer; numbers?: Float32Array }[] | string> {
  writeFileSync(path, pack);
  const file = await nodeFs.open(path);
  try {
    const index = await readPackIndex(file, shape);
    if (typeof index === 'string') return index;
    return Array.from({ length: index.length / KEY_BYTES }, (_, row) => {
      const key = index.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
      const entry = pack.subarray(entryOffset(shape, row), entryOffset(shape, row) + entryBytes(shape));
      if (!isEntryOf(shape, entry, key)) return { key };
      const numbers = new Float32Array(shape.rowLength);
      decodeEntry(shape, entry, numbers, 0);
      return { key, numbers };
    });
  } finally {
    await file.close();
  }
}

const shapes = fc.record({
  set: fc.constant(set),
  type: fc.constantFrom('float32', 'float16'),
  rowLength: fc.integer({ min: 1, max: 7 }),
});
/** Sixteenths below 64 are exact in half precision too. */
const packs = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant<PackShape>(shape),
    rows: fc.array(
      fc
        .tuple(
          fc.string(),
          fc.nat(),
          fc.array(fc.integer({ min: -1023, max: 1023 }), {
            minLength: shape.rowLength,
            maxLength: shape.rowLength,
          }),
        )
        .map(([image, view, sixteenths]) =>
          rowOf(
            image,
            view,
            sixteenths.map((n) => n / 16),
          ),
        ),
      { maxLength: 5 },
    ),
  }),
);

test('rows come back from a pack as they went in', async () => {
  const path = join(scratchFolder(), 'pack');
  await fc.assert(
    fc.asyncProperty(packs, async ({ shape, rows }) => {
      expect(await readPack(path, shape, packOf(shape, rows))).toEqual(rows);
    }),
  );
});

test('a changed byte, wherever it is, is found or harmless', async () => {
  const path = join(scratchFolder(), 'pack');
  const change = fc.record({
    pack: packs,
    position: fc.nat(),
    by: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ pack: { shape, rows }, position, by }) => {
      const pack = packOf(shape, rows);
      pack[position % pack.length] ^= by;
      const read = await readPack(path, shape, pack);
      if (typeof read === 'string') return;
      expect(read.map(({ key }) => key)).toEqual(rows.map(({ key }) => key));
      const whole = read.filter(
        ({ numbers }, i) => numbers !== undefined && expect(numbers).toEqual(rows[i].numbers) === undefined,
      );
      expect(whole).toHaveLength(rows.length - 1);
    }),
    { numRuns: 400 },
  );
});

test('a pack that was cut anywhere is refused', async () => {
  const path = join(scratchFolder(), 'pack');
  const shape: PackShape = { set, type: 'float32', rowLength: 2 };
  const pack = packOf(shape, [rowOf('a', 0, [1, 2]), rowOf('b', 1, [3, 4])]);
  for (let length = 0; length < pack.length; length++) {
    expect(typeof (await readPack(path, shape, pack.subarray(0, length)))).toBe('string');
  }
});

test('a pack of another set, row length or number type is refused', async () => {
  const path = join(scratchFolder(), 'pack');
  const shape: PackShape = { set, type: 'float32', rowLength: 2 };
  const pack = packOf(shape, [rowOf('a', 0, [1, 2])]);
  for (const other of [
    { set: digestOf('other') as string as FeatureSetKey },
    { rowLength: 1 },
    { type: 'float16' as const },
  ]) {
    expect(await readPack(path, { ...shape, ...other }, pack)).toBe('its header belongs to another set');
  }
});

test('two entries that changed places are both damaged', async () => {
  const path = join(scratchFolder(), 'pack');
  const shape: PackShape = { set, type: 'float32', rowLength: 2 };
  const pack = packOf(shape, [rowOf('a', 0, [1, 2]), rowOf('b', 0, [3, 4])]);
  const [first, second] = [entryOffset(shape, 0), entryOffset(shape, 1)];
  const kept = Buffer.from(pack.subarray(first, second));
  pack.copy(pack, first, second, second + kept.length);
  kept.copy(pack, second);
  expect(await readPack(path, shape, pack)).toEqual([{ key: rowOf('a', 0, []).key }, { key: rowOf('b', 0, []).key }]);
});

test('the bytes of the format stay as they are', () => {
  const shape: PackShape = { set, type: 'float16', rowLength: 3 };
  expect(digestOf(packOf(shape, [rowOf('a', 0, [1, -2, 0.5]), rowOf('b', 4, [0, 1, 2])]))).toBe(
    '64ed0bffcdebf55caf48045015eee3444ac536fc1cbfe6264fe9464f962019e0',
  );
});

test('only digests name packs', () => {
  expect(isPackName(`${digestOf('x')}.pack`)).toBe(true);
  expect(isPackName(`${digestOf('x')}.pack.tmp`)).toBe(false);
  expect(isPackName('set.json')).toBe(false);
});

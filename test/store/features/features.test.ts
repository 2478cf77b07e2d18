import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf } from '../../../src/core/digest.js';
import { nodeFs, type CacheFs } from '../../../src/store/disk/cache-fs.js';
import type { FeatureSet } from '../../../src/store/features/features.js';
import { fill, folderOf, key, open, packsOf, readAll, rowFor, seal, upTo } from '../rows.js';
import { namesIn, scratchFiles } from '../scratch.js';

describe('a set', () => {
  test('finds rows by image and view, before they are sealed, after, and when it is opened again', async () => {
    const scratch = scratchFiles();
    const set = await open(scratch);
    await fill(set, 0, 6);
    await fill(set, 0, 3, 1);
    const check = async (opened: FeatureSet) => {
      expect(await readAll(opened, 6)).toEqual({ out: upTo(6), missing: [] });
      expect(opened.has(digestOf('picture 2'), 1)).toBe(true);
      expect(opened.has(digestOf('picture 3'), 1)).toBe(false);
      expect(opened.has(digestOf('picture 6'), 0)).toBe(false);
      const out = new Float32Array(9);
      const asked = [
        { digest: digestOf('picture 5'), view: 1 },
        { digest: digestOf('picture 2'), view: 1 },
      ];
      await expect(opened.readInto(asked, out, 1)).resolves.toEqual([0]);
      expect([...out]).toEqual([0, 0, 0, 0, 0, 0, 2, 1, 2.5]);
    };
    await check(set);
    await set.close();
    expect(packsOf(scratch)).toHaveLength(3);
    await check(await open(scratch));
    expect(scratch.notes).toEqual([]);
    expect(namesIn(scratch.files.temporary)).toEqual([]);
  });

  test('makes no file if nothing was appended, and describes itself where something was', async () => {
    const scratch = scratchFiles();
    await (await open(scratch)).close();
    expect(namesIn(scratch.files.root)).toEqual([]);
    const set = await open(scratch);
    await fill(set, 0, 1);
    await set.close();
    const described: unknown = JSON.parse(readFileSync(join(folderOf(scratch), 'set.json'), 'utf8'));
    expect(described).toEqual({
      schema: 1,
      set: key,
      type: 'float32',
      rowLength: 3,
      preimage: { size: [224, 224] },
      selfDigest: expect.any(String),
    });
    writeFileSync(join(folderOf(scratch), 'set.json'), 'nonsense');
    expect((await readAll(await open(scratch), 1)).missing).toEqual([]);
  });

  test('names a pack by the digest of its bytes', async () => {
    const scratch = scratchFiles();
    const set = await open(scratch);
    await fill(set, 0, 4);
    await set.close();
    const [path] = packsOf(scratch);
    expect(path.endsWith(`${digestOf(readFileSync(path))}.pack`)).toBe(true);
  });

  test('seals after a while by itself', async () => {
    const scratch = scratchFiles();
    const set = await open(scratch, { seal: { ...seal, milliseconds: 1 } });
    await fill(set, 0, 1);
    while (packsOf(scratch).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await set.close();
    expect(packsOf(scratch)).toHaveLength(1);
  });

  test('ignores a row whose key is there, and refuses rows of another length and rows after closing', async () => {
    const scratch = scratchFiles();
    const set = await open(scratch);
    await fill(set, 0, 1);
    await set.append(digestOf('picture 0'), 0, Float32Array.of(9, 9, 9));
    expect((await readAll(set, 1)).out).toEqual([0]);
    await expect(set.append(digestOf('x'), 0, Float32Array.of(1, 2))).rejects.toThrow('a row has 2 numbers, not 3');
    await set.close();
    await set.close();
    await expect(fill(set, 1, 2)).rejects.toThrow('the feature set is closed');
  });

  test('at half precision gives rounded numbers from the first read on', async () => {
    const scratch = scratchFiles();
    const set = await open(scratch, { type: 'float16' });
    const digest = digestOf('x');
    await set.append(digest, 0, Float32Array.of(0.1, 2049, 1));
    const rounded = [0.0999755859375, 2048, 1];
    for (const opened of [set, (await set.close(), await open(scratch, { type: 'float16' }))]) {
      const out = new Float32Array(3);
      await opened.readInto([{ digest, view: 0 }], out);
      expect([...out]).toEqual(rounded);
    }
    const again = await open(scratch, { type: 'float16' });
    await expect(again.append(digest, 1, Float32Array.of(70000, 0, 0))).rejects.toThrow(
      'is not finite at half precision',
    );
    expect(again.has(digest, 1)).toBe(false);
  });

  test('with room in memory reads each row from the disk once; without, each time', async () => {
    const scratch = scratchFiles();
    const first = await open(scratch);
    await fill(first, 0, 40);
    await first.close();
    for (const [bytes, reads] of [
      [1 << 20, 10],
      [0, 30],
    ]) {
      const counts = { opened: 0, read: 0 };
      const set = await open(scratchFiles(scratch.files.root, countingDisk(counts)), { memory: { bytes } });
      expect(counts).toEqual({ opened: 10, read: 30 }); // header, index and footer of ten packs
      for (let epoch = 0; epoch < 3; epoch++) expect(await readAll(set, 40)).toEqual({ out: upTo(40), missing: [] });
      expect(counts).toEqual({ opened: 20, read: 30 + reads });
      await set.close();
    }
  });

  test('sets share the memory for rows, and give theirs back when they are closed', async () => {
    const scratch = scratchFiles();
    const first = await open(scratch);
    await fill(first, 0, 40);
    await first.close();
    const memory = { bytes: 300 };
    const [one, two] = [await open(scratch, { memory }), await open(scratch, { memory })];
    // Rows of three numbers take 12 bytes: the first set takes the memory of 25, and the second finds none.
    for (const set of [one, two, one, two]) expect(await readAll(set, 40)).toEqual({ out: upTo(40), missing: [] });
    expect(memory.bytes).toBe(0);
    await one.close();
    expect(memory.bytes).toBe(300);
    expect(await readAll(two, 40)).toEqual({ out: upTo(40), missing: [] });
    expect(memory.bytes).toBe(0);
    await two.close();
    expect(memory.bytes).toBe(300);
  });

  test('keeps any mix of rows, whatever is sealed, merged or read in between', async () => {
    const appends = fc.array(fc.tuple(fc.nat(11), fc.nat(2), fc.constantFrom('append', 'reopen', 'read')), {
      maxLength: 30,
    });
    const merge = { smallRows: 6, smallBytes: 1 << 20, smallPacks: 2, mergedRows: 8, mergedBytes: 1 << 20 };
    await fc.assert(
      fc.asyncProperty(appends, async (steps) => {
        const scratch = scratchFiles();
        const options = { merge, memory: { bytes: 60 } };
        let set = await open(scratch, options);
        const expected = new Map<string, Float32Array>();
        for (const [image, view, step] of steps) {
          const digest = digestOf(`picture ${image}`);
          expected.set(`${image} ${view}`, rowFor(image, view));
          await set.append(digest, view, rowFor(image, view));
          if (step === 'reopen') {
            await set.close();
            set = await open(scratch, options);
          }
          if (step === 'read') await set.readInto([{ digest, view }], new Float32Array(3));
        }
        for (const [name, row] of expected) {
          const [image, view] = name.split(' ').map(Number);
          const out = new Float32Array(3);
          await expect(set.readInto([{ digest: digestOf(`picture ${image}`), view }], out)).resolves.toEqual([]);
          expect(out).toEqual(row);
        }
        await set.close();
        expect(scratch.notes).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

function countingDisk(counts: { opened: number; read: number }): CacheFs {
  return {
    ...nodeFs,
    async open(path) {
      counts.opened++;
      const file = await nodeFs.open(path);
      return {
        write: (bytes) => file.write(bytes),
        read: (into, position) => (counts.read++, file.read(into, position)),
        info: () => file.info(),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
}

describe('several users of one set', () => {
  test('see what others sealed when they refresh; a key in two packs is harmless', async () => {
    const scratch = scratchFiles();
    const [a, b] = [await open(scratch), await open(scratch)];
    await Promise.all([fill(a, 0, 6), fill(b, 3, 9)]);
    await Promise.all([a.close(), b.close()]);
    const c = await open(scratch);
    expect(await readAll(c, 9)).toEqual({ out: upTo(9), missing: [] });
    const d = await open(scratch);
    await fill(d, 9, 13);
    await d.close();
    expect((await readAll(c, 13)).missing).toEqual([9, 10, 11, 12]);
    await c.refresh();
    expect(await readAll(c, 13)).toEqual({ out: upTo(13), missing: [] });
  });

  test('merging many small packs leaves one, and a reader of the old ones notices nothing', async () => {
    const scratch = scratchFiles();
    const merge = { smallRows: 1024, smallBytes: 1 << 26, smallPacks: 32, mergedRows: 4096, mergedBytes: 1 << 28 };
    const writer = await open(scratch, { seal: { ...seal, rows: 1 }, merge });
    await fill(writer, 0, 33);
    while (packsOf(scratch).length < 33) await new Promise((resolve) => setTimeout(resolve, 5));
    const [idle, busy] = [await open(scratch), await open(scratch)];
    await readAll(busy, 10); // holds the first packs open
    await writer.close();
    expect(packsOf(scratch)).toHaveLength(1);
    expect(await readAll(idle, 33)).toEqual({ out: upTo(33), missing: [] });
    expect(await readAll(busy, 33)).toEqual({ out: upTo(33), missing: [] });
    await Promise.all([idle.close(), busy.close()]);
    expect(packsOf(scratch)).toHaveLength(1);
    expect(await readAll(await open(scratch), 33)).toEqual({ out: upTo(33), missing: [] });
    expect(scratch.notes).toEqual([]);
  });

  test('a merge that was broken off before it deleted the old packs is done again', async () => {
    const scratch = scratchFiles();
    const merge = { smallRows: 4, smallBytes: 1 << 20, smallPacks: 2, mergedRows: 4, mergedBytes: 1 << 20 };
    const remove = (path: string) =>
      path.endsWith('.pack') ? Promise.reject(new Error('killed')) : nodeFs.remove(path);
    const broken: CacheFs = { ...nodeFs, remove };
    const set = await open(scratchFiles(scratch.files.root, broken), { seal: { ...seal, rows: 1 }, merge });
    await fill(set, 0, 8);
    await set.close();
    expect(packsOf(scratch)).toHaveLength(10);
    const again = await open(scratch, { merge });
    expect(await readAll(again, 8)).toEqual({ out: upTo(8), missing: [] });
    await again.close();
    expect(packsOf(scratch).length).toBeLessThan(8);
    expect(await readAll(await open(scratch), 8)).toEqual({ out: upTo(8), missing: [] });
  });
});

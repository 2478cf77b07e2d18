import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { digestOf, type FeatureSetKey } from '../../../src/core/digest.js';
import { nodeFs, type CacheFs } from '../../../src/store/disk/cache-fs.js';
import { fill, folderOf, open, packsOf, imageViews, readAll, seal, upTo } from '../rows.js';
import { flipBit, namesIn, scratchFiles } from '../scratch.js';

describe('damage', () => {
  const filled = async () => {
    const scratch = scratchFiles();
    const set = await open(scratch, { seal: { ...seal, rows: 100 } });
    await fill(set, 0, 8);
    await set.close();
    const [pack] = packsOf(scratch);
    return { scratch, pack };
  };
  /** Rows are of 12 bytes after 72 of their entry's head and 64 of the pack's. */
  const payloadOf = (row: number) => 64 + row * (72 + 12) + 72;

  test('of one row costs that row, is reported once, and repaired on closing', async () => {
    const { scratch, pack } = await filled();
    flipBit(pack, payloadOf(3) + 2);
    const set = await open(scratch);
    expect(set.has(digestOf('picture 3'), 0)).toBe(true);
    expect((await readAll(set, 8)).missing).toEqual([3]);
    expect(set.has(digestOf('picture 3'), 0)).toBe(false);
    expect((await readAll(set, 8)).missing).toEqual([3]);
    expect(scratch.notes).toEqual([{ path: pack, reason: 'a row does not match its digest' }]);
    await fill(set, 3, 4);
    expect(await readAll(set, 8)).toEqual({ out: upTo(8), missing: [] });
    await set.close();
    const after = await open(scratch);
    expect(await readAll(after, 8)).toEqual({ out: upTo(8), missing: [] });
    await after.close();
    expect(packsOf(scratch)).not.toContain(pack);
    expect(scratch.notes).toHaveLength(1);
  });

  test('of the only row of a pack, which comes back under the same name', async () => {
    const scratch = scratchFiles();
    const first = await open(scratch);
    await fill(first, 0, 1);
    await first.close();
    const [pack] = packsOf(scratch);
    flipBit(pack, payloadOf(0));
    const set = await open(scratch);
    expect((await readAll(set, 1)).missing).toEqual([0]);
    await fill(set, 0, 1);
    await set.close();
    expect(packsOf(scratch)).toEqual([pack]);
    expect(await readAll(await open(scratch), 1)).toEqual({ out: [0], missing: [] });
  });

  test.each<[string, (pack: string) => void]>([
    ['flipped in the index', (pack) => flipBit(pack, -60)],
    ['cut', (pack) => truncateSync(pack, 300)],
    ['emptied', (pack) => truncateSync(pack, 0)],
    ['a folder', (pack) => (rmSync(pack), mkdirSync(pack))],
  ])('of a pack that was %s costs the pack, and is reported once', async (_name, damage) => {
    const { scratch, pack } = await filled();
    damage(pack);
    const set = await open(scratch);
    expect((await readAll(set, 8)).missing).toEqual(upTo(8));
    expect(scratch.notes.map(({ path }) => path)).toEqual([pack]);
    await fill(set, 0, 8);
    await set.close();
    expect(await readAll(await open(scratch), 8)).toEqual({ out: upTo(8), missing: [] });
    expect(scratch.notes).toHaveLength(1);
    expect(namesIn(scratch.files.quarantine)).toHaveLength(1);
  });

  test('of a pack that is cut or deleted under an open set is a miss', async () => {
    const { scratch, pack } = await filled();
    const cut = await open(scratch);
    truncateSync(pack, payloadOf(5));
    expect((await readAll(cut, 8)).missing).toEqual([5, 6, 7]);
    const other = await filled();
    const set = await open(other.scratch);
    rmSync(other.pack);
    expect((await readAll(set, 8)).missing).toEqual(upTo(8));
    await fill(set, 0, 8);
    expect(await readAll(set, 8)).toEqual({ out: upTo(8), missing: [] });
    expect(other.scratch.notes).toEqual([]);
  });

  test('a pack of another set that strayed here is not believed', async () => {
    const { scratch, pack } = await filled();
    const foreign = digestOf('another set') as string as FeatureSetKey;
    const folder = join(scratch.files.root, 'v1', 'features', foreign);
    mkdirSync(folder);
    copyFileSync(pack, join(folder, `${digestOf(readFileSync(pack))}.pack`));
    const set = await open(scratch, { key: foreign });
    expect((await readAll(set, 8)).missing).toEqual(upTo(8));
    expect(scratch.notes[0].reason).toBe('its header belongs to another set');
  });

  test('what a crash left is ignored', async () => {
    const { scratch, pack } = await filled();
    copyFileSync(pack, join(scratch.files.temporary, 'aaaaaaaa-1-0123456789abcdef'));
    writeFileSync(join(folderOf(scratch), 'half.pack'), 'x');
    expect(await readAll(await open(scratch), 8)).toEqual({ out: upTo(8), missing: [] });
    expect(scratch.notes).toEqual([]);
  });
});

describe('a disk that fails', () => {
  const full = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));

  test('while sealing only costs reuse, which is reported once; the rows can still be read', async () => {
    const scratch = scratchFiles(undefined, { ...nodeFs, create: full, freeBytes: () => Promise.resolve(12) });
    const set = await open(scratch, { memory: { bytes: 12 * 12 } });
    await fill(set, 0, 12);
    expect(await readAll(set, 12)).toEqual({ out: upTo(12), missing: [] });
    await set.flush();
    expect(await readAll(set, 12)).toEqual({ out: upTo(12), missing: [] });
    await set.close();
    expect(scratch.notes).toEqual([
      {
        path: scratch.files.root,
        reason: expect.stringMatching(/not everything is kept.*disk.* is full.* 12 are free/),
      },
    ]);
    expect((await readAll(await open(scratch), 12)).missing).toHaveLength(12);
  });

  test('rows that fit no memory either are missing, and no wrong ones', async () => {
    const set = await open(scratchFiles(undefined, { ...nodeFs, create: full }), { memory: { bytes: 5 * 12 } });
    await fill(set, 0, 8);
    await set.flush();
    const { out, missing } = await readAll(set, 8);
    expect(missing).toEqual([5, 6, 7]);
    expect(out.slice(0, 5)).toEqual(upTo(5));
    expect(imageViews(8).map(({ digest, view }) => set.has(digest, view))).toEqual([
      ...Array(5).fill(true),
      ...Array(3).fill(false),
    ]);
  });

  test('and a disk that takes a pack again after one failed is not asked for the rest of the run', async () => {
    let creations = 0;
    const scratch = scratchFiles(undefined, { ...nodeFs, create: () => (creations++, full()) });
    const set = await open(scratch);
    await fill(set, 0, 16);
    await set.flush();
    expect(creations).toBe(1);
  });

  test('while reading is an error, not a miss', async () => {
    const scratch = scratchFiles();
    const first = await open(scratch);
    await fill(first, 0, 4);
    await first.close();
    let failing = false;
    const broken = () => Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' }));
    const disk: CacheFs = { ...nodeFs, open: (path) => (failing ? broken() : nodeFs.open(path)) };
    const set = await open(scratchFiles(scratch.files.root, disk));
    failing = true;
    await expect(readAll(set, 4)).rejects.toThrow('input/output error');
    failing = false;
    expect((await readAll(set, 4)).missing).toEqual([]);
  });

  test('packs that changed names are still what they say inside', async () => {
    const scratch = scratchFiles();
    const first = await open(scratch);
    await fill(first, 0, 8);
    await first.close();
    const [a, b] = packsOf(scratch);
    renameSync(a, `${a}.x`);
    renameSync(b, a);
    renameSync(`${a}.x`, b);
    expect(await readAll(await open(scratch), 8)).toEqual({ out: upTo(8), missing: [] });
  });
});

/** Any file of the cache is flipped, cut, zeroed, swapped, overwritten or deleted: never a wrong result, always one that heals. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ORIGIN_FILE } from '../../src/store/origin.js';
import { runHere } from './in-process.js';
import { shelfOf } from './published.js';
import { cases, isLong, randomOf, seed, print } from './scale.js';
import { copyOf, makeArchiveProject, remove, resultsOf, scratch, stageNames } from './small-project.js';

/** Each kind of damage once in the sample. */
const CASES = cases(9, 2000);

let base: string;
let pristine: string;
let expected: Record<string, string>;

beforeAll(async () => {
  base = await scratch();
  pristine = await makeArchiveProject(join(base, 'project'));
  expect((await runHere(pristine)).state).toBe('ok');
  expected = await resultsOf(pristine);
});
afterAll(() => remove(base));

type Random = () => number;
const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** Each changes files of the cache and says which ones it damaged, paths relative to the cache; none where it changed nothing. */
const damages: Readonly<
  Record<string, (cache: string, files: readonly string[], random: Random) => Promise<string[]>>
> = {
  flip: (cache, files, random) =>
    rewrite(cache, pick(files, random), (bytes) => void (bytes[below(random, bytes.length)] ^= 1 << below(random, 8))),
  zeros: (cache, files, random) =>
    rewrite(cache, pick(files, random), (bytes) => bytes.fill(0, below(random, bytes.length))),
  noise: (cache, files, random) =>
    rewrite(cache, pick(files, random), (bytes) => bytes.forEach((_, i) => (bytes[i] = below(random, 256)))),
  cut: async (cache, files, random) => {
    const file = pick(files, random);
    const { length } = await readFile(join(cache, file));
    await truncate(join(cache, file), below(random, length));
    return [file];
  },
  lengthen: async (cache, files, random) => {
    const file = pick(files, random);
    await writeFile(join(cache, file), 'x', { flag: 'a' });
    return [file];
  },
  swap: async (cache, files, random) => {
    const pair = [pick(files, random), pick(files, random)];
    const [a, b] = pair.map((file) => join(cache, file));
    if ((await readFile(a)).equals(await readFile(b))) return [];
    await rename(a, `${a}.x`);
    await rename(b, a);
    await rename(`${a}.x`, b);
    return pair.every(isIndex) ? [] : pair;
  },
  another: async (cache, files, random) => {
    const [from, to] = [pick(files, random), pick(files, random)];
    if ((await readFile(join(cache, from))).equals(await readFile(join(cache, to)))) return [];
    await copyFile(join(cache, from), join(cache, to));
    return [from, to].every(isIndex) ? [] : [to];
  },
  delete: async (cache, files, random) => {
    const file = pick(files, random);
    await rm(join(cache, file));
    return [file].filter(isInFolder);
  },
  deleteMany: async (cache, files, random) => {
    const gone = files.filter(() => random() < 0.1);
    for (const file of gone) await rm(join(cache, file));
    return gone.filter(isInFolder);
  },
};

/** A file that is gone is missed, and that is all; in an unpacked archive it is a hole. */
function isInFolder(file: string): boolean {
  return file.startsWith('v1/unpacked/');
}

/** An index shows whether it is whole, but not whose it is: one in the place of another says nothing about the files there. */
function isIndex(file: string): boolean {
  return file.startsWith('index/');
}

function pick(files: readonly string[], random: Random): string {
  return files[below(random, files.length)];
}

async function rewrite(cache: string, file: string, change: (bytes: Buffer) => void): Promise<string[]> {
  const before = await readFile(join(cache, file));
  const bytes = Buffer.from(before);
  change(bytes);
  await writeFile(join(cache, file), bytes);
  return bytes.equals(before) ? [] : [file];
}

/** What the run after the damage needs of the cache. */
const situations: Readonly<Record<string, (root: string) => Promise<Awaited<ReturnType<typeof runHere>>>>> = {
  'the same again': (root) => runHere(root),
  'another checkout': async (root) => {
    for (const folder of ['.pipeline/state', '.pipeline/out', 'models'])
      await rm(join(root, folder), { recursive: true });
    return runHere(root);
  },
  'forced training': (root) => runHere(root, { force: ['train', 'evaluate', 'export'] }),
  'all forced': (root) => runHere(root, { force: true }),
};

/** The path under which damage of a file is reported. */
function toldPath(file: string): string {
  const [, kind, name] = file.split('/');
  return kind === 'unpacked' ? join('v1', kind, name) : file;
}

test(`${CASES} times`, async () => {
  const random = randomOf('damage');
  const [kinds, after] = [damages, situations].map(Object.keys);
  const first = below(random, after.length);
  const counts = { damaged: 0, found: 0, reported: 0 };
  for (let i = 0; i < CASES; i++) {
    const kind = isLong ? pick(kinds, random) : kinds[i % kinds.length];
    const situation = isLong ? pick(after, random) : after[(i + first) % after.length];
    const root = await copyOf(pristine);
    try {
      const cache = join(root, '.pipeline/cache');
      const entries = await readdir(cache, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(cache, join(entry.parentPath, entry.name)))
        .sort();
      // Where a cache was made is not a result: a damaged mark makes the cache one from elsewhere, which verify does not report.
      const damaged = (await damages[kind](cache, files, random)).filter((file) => file !== `v1/${ORIGIN_FILE}`);
      const copy = await copyOf(root);

      const { state, notes, failures } = await situations[situation](root);
      expect([state, failures]).toEqual(['ok', []]);
      expect(await resultsOf(root)).toEqual(expected);
      expect(notes).toEqual([...new Set(notes)]);
      const again = await runHere(root);
      expect(again.stages.map((stage) => stage.state)).toEqual(stageNames.map(() => 'fresh'));

      const { shelf, damage } = shelfOf(copy);
      const verification = await shelf.verify();
      const reported = new Set(damage.map(({ path }) => relative(join(copy, '.pipeline/cache'), path)));
      expect([...reported].sort()).toEqual([...new Set(damaged.map(toldPath))].sort());
      expect(verification.damaged).toBe(reported.size);
      expect((await shelf.verify()).damaged).toBe(0);
      counts.damaged += damaged.length;
      counts.found += reported.size;
      counts.reported += notes.length;
      await remove(copy);
    } catch (error) {
      throw new Error(`case ${i}: ${kind}, then ${situation} (seed ${seed})`, { cause: error });
    } finally {
      await remove(root);
    }
  }
  print(
    `${CASES} damaged caches: ${counts.damaged} files changed, ${counts.found} of them found by verify, ${counts.reported} found by runs that needed them; 0 wrong results`,
  );
}, 7_200_000);

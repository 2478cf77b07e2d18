/** A cache on a disk of so many bytes, from too few to enough: a run ends well or exits 5 with the figures, and continues on a larger disk. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shelfOf } from './published.js';
import { cases, randomOf, seed, print } from './scale.js';
import { adoptCache, copyOf, makeProject, remove, resultsOf, run, scratch, start } from './small-project.js';

const LARGEST_KB = 2400;
const place = await mkdtemp(join(tmpdir(), 'pipeline-small-disk-'));
const mount = (kilobytes: number) => spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'none', place]);
const unmount = () => execFileSync('umount', [place]);
/** Only who may mount can have a small disk. */
const canMount = process.platform === 'linux' && mount(64).status === 0;
if (canMount) unmount();
const testWhereMounting = canMount ? test : test.skip;

let base: string;
let pristine: string;
let expected: Record<string, string>;

beforeAll(async () => {
  base = await scratch();
  pristine = await makeProject(join(base, 'project'));
  const reference = await copyOf(pristine);
  expect((await run(reference)).code).toBe(0);
  expected = await resultsOf(reference);
  await remove(reference);
});
afterAll(() => Promise.all([base, place].map(remove)));

testWhereMounting(
  `of many sizes${canMount ? '' : ' (skipped: tmpfs cannot be mounted here)'}`,
  async () => {
    const count = cases(3, 100);
    const random = randomOf('sizes');
    const counts = { well: 0, full: 0 };
    for (let i = 0; i < count; i++) {
      const kilobytes = Math.round(((i + random()) / count) * LARGEST_KB) + 16;
      const root = await copyOf(pristine);
      expect(mount(kilobytes).status).toBe(0);
      try {
        const ended = await start(root, ['run', 'pets.yaml', '--json'], {
          env: { PIPELINE_CACHE: join(place, 'cache') },
        }).ended;
        if (ended.code === 0) {
          counts.well++;
          expect(await resultsOf(root)).toEqual(expected);
        } else {
          counts.full++;
          expect([ended.code, ended.stderr]).toEqual([5, expect.stringMatching(/full|ENOSPC|are free in/)]);
          expect(ended.stderr).toMatch(/-> .*(free|float16)/);
        }
        // The same cache on a disk that is large enough.
        await mkdir(join(root, '.pipeline'), { recursive: true });
        await cp(join(place, 'cache'), join(root, '.pipeline/cache'), {
          recursive: true,
          preserveTimestamps: true,
        }).catch(() => undefined);
        await adoptCache(root);
        const { shelf, damage } = shelfOf(root);
        expect([(await shelf.verify()).damaged, damage]).toEqual([0, []]);
        expect((await run(root)).code).toBe(0);
        expect(await resultsOf(root)).toEqual(expected);
      } catch (error) {
        throw new Error(`${kilobytes} kB (seed ${seed})`, { cause: error });
      } finally {
        unmount();
        await remove(root);
      }
    }
    print(`${count} small disks: ${counts.well} runs ended well, ${counts.full} exit 5 with a remedy; 0 wrong results`);
  },
  3_600_000,
);

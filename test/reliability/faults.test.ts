/** The disk fails at any operation of the store, once or for good: a run ends well or says what to do, and the next one heals. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { PipelineError } from '../../src/core/problem.js';
import { countingDisk, faults, faultyDisk, type CountingDisk, type Fault } from './faulty-disk.js';
import { runHere, type RanHere } from './in-process.js';
import { shelfOf } from './published.js';
import { isLong, randomOf, seed, someOf, print } from './scale.js';
import { copyOf, makeProject, remove, resultsOf, scratch } from './small-project.js';

const SAMPLE = 1;
const again = { force: ['train', 'export'] };

let base: string;
let pristine: string;
let full: string;
/** Operations of an undisturbed run, a first one and a forced one. */
let counted: [first: CountingDisk, forced: CountingDisk];
let expected: Record<string, string>;

beforeAll(async () => {
  base = await scratch();
  pristine = await makeProject(join(base, 'project'));
  full = await copyOf(pristine);
  counted = [countingDisk(), countingDisk()];
  expect((await runHere(full, { fs: counted[0].fs })).state).toBe('ok');
  expected = await resultsOf(full);
  const forced = await copyOf(full);
  expect((await runHere(forced, { ...again, fs: counted[1].fs })).state).toBe('ok');
  await remove(forced);
});
afterAll(() => Promise.all([base, full].map(remove)));

/** Disk errors, each with its place and a remedy; about space with the figures. */
function expectExplained({ failures }: RanHere, fault: Fault): void {
  expect(failures.length).toBeGreaterThan(0);
  for (const { category, problems } of failures as PipelineError[]) {
    expect([category, problems]).toEqual([
      'input-output',
      [expect.objectContaining({ where: expect.any(String), remedy: expect.any(String) })],
    ]);
    if (problems[0].code === 'disk-full')
      expect(problems[0].found).toMatch(/[\d,]+ bytes are needed, 1,099,511,627,776 are free/);
    else expect(problems[0].found).toContain(fault);
  }
}

describe.each(faults)('%s', (fault) => {
  test.each([
    ['in a first run', false],
    ['where all is there, and export is forced', true],
  ])(
    '%s',
    async (_, isForced) => {
      const options = isForced ? again : {};
      const from = isForced ? full : pristine;
      const operations = counted[isForced ? 1 : 0].countOf(fault);
      const counts = { ok: 0, explained: 0 };
      for (const at of someOf(operations, SAMPLE, randomOf(`${fault} ${isForced}`))) {
        // In the sample, once in the one run and for good in the other.
        for (const lasting of isLong ? [false, true] : [isForced === (faults.indexOf(fault) % 2 === 0)]) {
          const root = await copyOf(from);
          try {
            const result = await runHere(root, { ...options, fs: faultyDisk(fault, at, lasting) });
            if (result.state === 'ok') {
              counts.ok++;
              expect(await resultsOf(root)).toEqual(expected);
            } else {
              counts.explained++;
              expectExplained(result, fault);
            }
            expect(fault === 'short' ? result.state : 'ok').toBe('ok'); // fewer bytes than asked are not a failure
            const { shelf, damage } = shelfOf(root);
            expect([(await shelf.verify()).damaged, damage]).toEqual([0, []]);
            expect((await runHere(root)).state).toBe('ok');
            expect(await resultsOf(root)).toEqual(expected);
          } catch (error) {
            throw new Error(`operation ${at} of ${operations}, ${lasting ? 'for good' : 'once'} (seed ${seed})`, {
              cause: error,
            });
          } finally {
            await remove(root);
          }
        }
      }
      print(
        `${fault} ${isForced ? 'in a forced' : 'in a first'} run: ${counts.ok} ended well, ${counts.explained} exit 5 with a remedy, of ${operations} operations it can hit; 0 wrong results`,
      );
    },
    7_200_000,
  );
});

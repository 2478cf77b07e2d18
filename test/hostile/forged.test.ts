/**
 * What a stranger can write into `.pipeline`, the cache and the lock file: no file outside is written, moved or removed, no
 * raw message comes up, and the exit code is one of the documented. `FORGE_CASES` and `FORGE_SEED` make it longer and repeat it.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exitCodes } from '../../src/core/problem.js';
import { ForgedProject, hostileValues } from './forged.js';

const cases = Number(process.env.FORGE_CASES ?? 8);
const seed = Number(process.env.FORGE_SEED ?? 1);

let project: ForgedProject;
beforeAll(async () => {
  project = await ForgedProject.create();
}, 120_000);
afterAll(() => project.remove());

const documented = [0, ...Object.values(exitCodes)];
const raw =
  /--debug|Cannot read|undefined|is not a function|is not iterable|Unexpected token|TypeError|RangeError|SyntaxError|^\s+at .*:\d+:\d+\)?$/m;

const commands = [
  ['run', 'pets.yaml'],
  ['run', 'pets.yaml', '--force', 'export'],
  ['plan', 'pets.yaml'],
  ['status', 'pets.yaml'],
  ['explain', 'pets.yaml', 'train'],
  ['runs'],
  ['report'],
  ['diff', 'last~1', 'last'],
  ['cache', 'gc', '--max-size', '0', '--max-age', '0d'],
  ['cache', 'verify'],
  ['cache', 'du'],
];

const forgery = fc.record({
  document: fc.nat({ max: 1000 }),
  place: fc.nat({ max: 10_000 }),
  value: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...hostileValues) },
    { weight: 1, arbitrary: fc.jsonValue() },
  ),
  isName: fc.boolean(),
});

test(
  'forged documents reach nothing outside',
  async () => {
    const codes = new Map<number, number>();
    const property = fc.asyncProperty(
      fc.array(forgery, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...commands),
      async (forgeries, args) => {
        const { code, stderr, changed } = await project.try(forgeries, args);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        expect(changed).toEqual([]);
        expect(documented).toContain(code);
        expect(stderr).not.toMatch(raw);
      },
    );
    await fc.assert(property, { numRuns: cases, seed, endOnFailure: true });
    if (process.env.FORGE_CASES !== undefined)
      process.stdout.write(
        `forged documents: ${cases} cases, exit codes ${JSON.stringify(Object.fromEntries(codes))} (seed ${seed})\n`,
      );
  },
  60_000 + 6000 * cases,
);

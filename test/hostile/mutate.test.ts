/**
 * Files that are bent at random: refused in words, or forgotten by the store; never a crash, never a hang, never other
 * numbers than were put in. `MUTATE_SEED` and `MUTATE_FIRST` repeat the case that a failure names.
 */
import { expect, test } from '@jest/globals';
import { mutate, subjects } from './mutate.js';

const seed = Number(process.env.MUTATE_SEED ?? 1);
const first = Number(process.env.MUTATE_FIRST ?? 0);
const seconds = Number(process.env.MUTATE_SECONDS ?? 0);
const cases = 60;

test.each((await subjects()).map((subject) => [subject.name, subject] as const))(
  '%s',
  async (name, subject) => {
    const { taken, refused, ended } = await mutate(subject, { seed, cases, seconds, first });
    if (seconds > 0)
      process.stdout.write(
        `${name}: ${taken + refused + ended} cases, ${taken} taken, ${refused} refused, ${ended} ended (seed ${seed})\n`,
      );
    expect(refused).toBeGreaterThan(cases / 10);
  },
  120_000 + 2000 * seconds,
);

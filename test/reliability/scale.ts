/**
 * How much the suites of this folder do: a sample with `npm run test:all`, all of it with `npm run test:long`. Their draws
 * come from a seed, which is printed and can be given: `RELIABILITY_SEED=7 npm run test:long`.
 */
export const isLong = process.env.RELIABILITY === 'long';

/** The part of the long suites that is done: `RELIABILITY_SHARE=0.1` for a tenth of the cases. */
const share = Number(process.env.RELIABILITY_SHARE ?? 1);

/** How many cases to try. */
export function cases(usual: number, long: number): number {
  return isLong ? Math.ceil(long * share) : usual;
}

export const seed = Number(process.env.RELIABILITY_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers from 0 to 1, the same for the same seed and name (mulberry32). */
export function randomOf(name: string): () => number {
  let state = [...name].reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), 0x01000193), seed | 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All numbers from 1 to `last` in the long suite, or its share of them; a sample of them otherwise. Evenly spread, in order. */
export function someOf(last: number, usual: number, random: () => number): number[] {
  const all = Array.from({ length: last }, (_, i) => i + 1);
  const sample = cases(usual, last);
  if (last <= sample) return all;
  const step = last / sample;
  return Array.from({ length: sample }, (_, i) => all[Math.floor((i + random()) * step)]);
}

/** Does work for each item, a few at a time. */
export async function forEachOf<Item>(
  items: readonly Item[],
  atATime: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

/** A line of figures for test/RELIABILITY.md. */
export function print(text: string): void {
  process.stdout.write(`reliability (seed ${seed}): ${text}\n`);
}

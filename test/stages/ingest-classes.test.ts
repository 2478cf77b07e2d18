/** Which labels become classes, how many images of each, and labels by the names of files. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf } from '../../src/core/digest.js';
import type { IngestConfig } from '../../src/core/schema-types.js';
import type { DataSpec, Groups, Samples } from '../../src/image/dataset.js';
import { ingest } from '../../src/stages/ingest/index.js';
import { limitPerClass } from '../../src/stages/ingest/per-class.js';
import { Bench, listing } from './context.js';
import { ingestConfig } from './ingest-config.js';

async function run(files: readonly string[], changes: Partial<IngestConfig> = {}): Promise<Bench> {
  const bench = new Bench();
  // The content is the name of the file, so that an image is the same in any folder.
  const contents = Object.fromEntries(files.map((path) => [path, path.slice(path.lastIndexOf('/') + 1)]));
  const context = bench.context<'ingest'>(
    { ...ingestConfig, ...changes },
    {},
    { kind: 'folder', listing: listing(contents) },
  );
  await ingest.run(context);
  return bench;
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}.jpg`);

const labelsOf = (bench: Bench): Record<string, number> => {
  const { classes } = bench.json<DataSpec>('spec');
  const counts: Record<string, number> = {};
  for (const [, label] of bench.json<Samples>('samples').samples)
    counts[classes[Number(label)]] = (counts[classes[Number(label)]] ?? 0) + 1;
  return counts;
};

test('a mapping makes one class of several labels, and leaves other labels out; its order decides nothing', async () => {
  const files = [...numbered('cat/c', 4), ...numbered('kitten/k', 3), ...numbered('dog/d', 5), ...numbered('owl/o', 2)];
  const bench = await run(files, { classes: { feline: ['cat', 'kitten'], dog: 'dog' } });
  expect(bench.json<DataSpec>('spec').classes).toEqual(['dog', 'feline']);
  expect(labelsOf(bench)).toEqual({ dog: 5, feline: 7 });
  const other = await run(files, { classes: { dog: ['dog'], feline: ['kitten', 'cat'] } });
  expect(other.outputs).toEqual(bench.outputs);
  await expect(run(files, { classes: { feline: ['cat', 'kiten'], dog: 'dog' } })).rejects.toMatchObject({
    problems: [{ found: 'has no folder with images for the class `kiten`', remedy: 'did you mean `kitten`?' }],
  });
});

test('ignored labels become no class; one that no image has is reported', async () => {
  const files = [...numbered('cat/c', 4), ...numbered('dog/d', 5), ...numbered('unknown/u', 9)];
  const bench = await run(files, { ignore: ['unknown', 'unkown'] });
  expect(labelsOf(bench)).toEqual({ cat: 4, dog: 5 });
  expect(bench.notes).toContainEqual(['ignored-label-missing', '`ignore` names `unkown`, which no image has as label']);
  await expect(run(files, { ignore: ['unknown', 'cat'] })).rejects.toMatchObject({ problems: [{ code: 'one-class' }] });
});

test('per_class takes the same images whatever their names are, before they are split', async () => {
  const files = [...numbered('cat/c', 40), ...numbered('dog/d', 6)];
  const bench = await run(files, { per_class: { max: 10 } });
  expect(labelsOf(bench)).toEqual({ cat: 10, dog: 6 });
  expect(bench.json('summary')).toMatchObject({ counts: { validation: { cat: 3, dog: 2 } } });
  expect(bench.notes).toContainEqual(['per-class-limit', '30 images left out by `per_class`: cat 30']);
  const renamed = await run(
    files.map((path) => path.replace('cat/', 'tomcat/')),
    { per_class: { max: 10 } },
  );
  const taken = (one: Bench) => new Set(one.json<Samples>('samples').samples.map(([digest]) => digest));
  expect(taken(renamed)).toEqual(taken(bench));
});

test('a new image moves at most one other out of the limit', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(), { minLength: 3, maxLength: 40 }),
      fc.integer({ min: 2, max: 20 }),
      (all, max) => {
        const kept = (contents: readonly number[]): Set<string> => {
          const good = contents.map((_, index) => ({ index, path: `${index}`, className: 'a' }));
          const digestAt = (index: number) => digestOf(`${contents[index]}`);
          return new Set(limitPerClass(good, { digestAt }, max).kept.map(({ index }) => digestAt(index)));
        };
        const [before, after] = [kept(all.slice(1)), kept(all)];
        expect(after.size).toBe(Math.min(max, all.length));
        expect([...before].filter((digest) => !after.has(digest)).length).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('a pattern reads labels, splits and groups from names; names that do not match are refused or left out', async () => {
  const names = (label: string) =>
    [0, 1, 2, 3, 4, 5].flatMap((patient) => [0, 1].map((image) => `all/p${patient}-${label}.${image}.jpg`));
  const files = [...names('cat'), ...names('dog')];
  const bench = await run(files, { labels: { pattern: '{group}-{label}.{number}.jpg' } });
  expect(labelsOf(bench)).toEqual({ cat: 12, dog: 12 });
  const { samples } = bench.json<Samples>('samples');
  const { groups } = bench.json<Groups>('groups');
  expect([groups.length, new Set(groups).size, groups[0]]).toEqual([24, 6, 0]);
  const sides = new Map<number, Set<string>>();
  groups.forEach((group, index) => sides.set(group, (sides.get(group) ?? new Set()).add(samples[index][2])));
  expect([...sides.values()].every(({ size }) => size === 1)).toBe(true);
  expect(new Set(samples.map(([, , split]) => split))).toEqual(new Set(['train', 'validation']));
  // The same groups by a pattern of their own, of images in class folders.
  const sorted = await run(
    files.map((path) => path.replace(/.*-(\w+)\./, (name, label: string) => `${label}/${name.slice(4)}`)),
    { split: { ...ingestConfig.split, group: '{group}-*' } },
  );
  expect([sorted.outputs.samples, sorted.outputs.groups]).toEqual([bench.outputs.samples, bench.outputs.groups]);

  const odd = [...files, 'all/other.jpg', 'all/notes.txt'];
  const labels = { pattern: '{any}-{label}.{number}.jpg' };
  const listed = { ...(await run(odd, { labels, on_bad_row: 'skip' })).json<object>('spec') };
  expect(listed).toMatchObject({ classes: ['cat', 'dog'] });
  await expect(run(odd, { labels })).rejects.toMatchObject({
    problems: [
      { where: 'pictures/all/notes.txt', found: 'does not match `labels.pattern`' },
      { where: 'pictures/all/other.jpg' },
    ],
  });
  await expect(run(files, { labels: { pattern: '{label}_{number}.png' } })).rejects.toMatchObject({
    problems: [{ code: 'no-pictures', found: 'contains no image whose name matches `{label}_{number}.png`' }],
  });
});

test('an image without a group is refused', async () => {
  const files = [...numbered('cat/p1_', 3), 'cat/other.jpg', ...numbered('dog/p2_', 3)];
  await expect(run(files, { split: { ...ingestConfig.split, group: '{group}_*' } })).rejects.toMatchObject({
    problems: [{ where: 'pictures/cat/other.jpg', remedy: 'correct `split.group`' }],
  });
});

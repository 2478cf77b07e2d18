import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import type { PipelineError } from '../../src/core/problem.js';
import type { IngestConfig } from '../../src/core/schema-types.js';
import type { Files, Samples } from '../../src/image/dataset.js';
import { badImageRemedy } from '../../src/stages/ingest/faults.js';
import { ingest } from '../../src/stages/ingest/index.js';
import { Bench, listing } from './context.js';
import { ingestConfig as config } from './ingest-config.js';

/** Made-up images `folder/prefix-0.jpg`, each with bytes of its own. */
function images(folder: string, count: number, prefix = 'p'): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${folder}/${prefix}-${i}.jpg`, `${folder} ${prefix} ${i}`]),
  );
}

async function run(
  files: Readonly<Record<string, string>>,
  changes: Partial<IngestConfig> = {},
  probes: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const bench = new Bench();
  await ingest.run(
    bench.context<'ingest'>({ ...config, ...changes }, {}, { kind: 'folder', listing: listing(files, probes) }),
  );
  return bench;
}

describe('split', () => {
  test('an image in one class moves none in another; names and paths decide nothing', async () => {
    const files = { ...images('cats', 20), ...images('dogs', 20) };
    const before = (await run(files)).json<Samples>('samples').samples;
    const after = (await run({ ...files, 'dogs/new.jpg': 'new' })).json<Samples>('samples').samples;
    const dogs = new Set(Object.values(images('dogs', 20)).map(digestOf));
    const crossed = before.filter(([digest, , split]) => !after.some((row) => row[0] === digest && row[2] === split));
    expect(crossed.length).toBeLessThanOrEqual(1);
    for (const [digest] of crossed) expect(dogs.has(digest)).toBe(true);
    const renamed = Object.fromEntries(
      Object.entries(files).map(([path, content]) => [path.replace('p-', 'other-'), content]),
    );
    expect((await run(renamed)).json<Samples>('samples').samples).toEqual(before);
  });

  test('every class of two has one for validation; a single image is used for training, and reported', async () => {
    const many = Object.assign({}, ...Array.from({ length: 20 }, (_, i) => images(`class_${i}`, 2))) as Record<
      string,
      string
    >;
    const { counts } = (await run(many)).json<{ counts: Record<string, Record<string, number>> }>('summary');
    expect(Object.values(counts.validation)).toEqual(new Array(20).fill(1));
    const one = await run({ ...images('cats', 5), ...images('dogs', 5), ...images('owls', 1) });
    expect(one.json('summary')).toMatchObject({ counts: { train: { owls: 1 }, validation: { owls: 0 } } });
    expect(one.notes).toContainEqual([
      'too-few-to-split',
      'too few images of `owls` for the validation split: used for training only',
    ]);
    await expect(run({ ...images('cats', 1), ...images('dogs', 1) })).rejects.toMatchObject({
      problems: [{ code: 'nothing-to-validate', found: 'has one image of each class, so none is left for validation' }],
    });
  });
});

describe('samples', () => {
  test('are ordered by digest, with labels by the order of the classes', async () => {
    const files = { ...images('cats', 20), ...images('dogs', 20) };
    const bench = await run(files);
    const { samples } = bench.json<Samples>('samples');
    expect(samples).toHaveLength(40);
    expect([...samples].sort((a, b) => (a[0] < b[0] ? -1 : 1))).toEqual(samples);
    const labels = new Map(samples.map(([digest, label]) => [digest, label]));
    expect(labels.get(digestOf(files['dogs/p-3.jpg']))).toBe(1);
    const reversed = (await run(files, { classes: ['dogs', 'cats'] })).json<Samples>('samples');
    expect(reversed.samples.map(([, label]) => label)).toEqual(samples.map(([, label]) => 1 - Number(label)));
  });

  test('a renamed file changes `files` and not `samples`', async () => {
    const files = { ...images('cats', 20), ...images('dogs', 20) };
    const { 'cats/p-0.jpg': content, ...others } = files;
    const [before, after] = await Promise.all([run(files), run({ ...others, 'cats/new.jpg': content })]);
    expect(after.outputs.samples).toEqual(before.outputs.samples);
    expect(after.outputs.files).not.toEqual(before.outputs.files);
  });

  test('folders train/ and validation/ are taken as they are; without validation/ a share of train/ is', async () => {
    const explicit = await run({
      ...images('train/cats', 6),
      ...images('train/dogs', 6),
      ...images('validation/cats', 2),
      ...images('validation/dogs', 2),
    });
    const unsorted = await run({ ...images('train/cats', 6), ...images('train/dogs', 6), ...images('test', 3) });
    expect(unsorted.notes).toContainEqual([
      'files-outside-classes',
      '3 files outside all class folders, such as test/p-0.jpg',
    ]);
    expect(explicit.json('summary')).toMatchObject({
      counts: { train: { cats: 6, dogs: 6 }, validation: { cats: 2, dogs: 2 } },
    });
    const shared = await run({
      ...images('train/cats', 40),
      ...images('train/dogs', 40),
      ...images('test/cats', 3),
      ...images('test/dogs', 3),
    });
    const { counts } = shared.json<{ counts: Record<string, Record<string, number>> }>('summary');
    expect(counts.test).toEqual({ cats: 3, dogs: 3 });
    expect(counts.validation.cats).toBeGreaterThan(0);
    expect(counts.train.cats + counts.validation.cats).toBe(40);
  });

  test('the same bytes twice under one label count once, under two labels they fail or are left out', async () => {
    const files = { ...images('cats', 20), ...images('dogs', 20) };
    const bench = await run({ ...files, 'cats/copy.jpg': files['cats/p-0.jpg'] });
    expect(bench.json<Samples>('samples').samples).toHaveLength(40);
    expect(bench.notes).toContainEqual([
      'same-picture-twice',
      '1 file with the same content as another file of the class: counted once',
    ]);
    await expect(run({ ...files, 'dogs/copy.jpg': files['cats/p-0.jpg'] })).rejects.toMatchObject({
      category: 'bad-data',
      problems: [
        {
          code: 'same-picture-two-labels',
          where: '/pictures/dogs/copy.jpg',
          found: 'has the same content as cats/p-0.jpg but another label',
          remedy: expect.stringContaining('on_label_conflict'),
        },
      ],
    });
    const skipping = await run({ ...files, 'dogs/copy.jpg': files['cats/p-0.jpg'] }, { on_label_conflict: 'skip' });
    expect(skipping.json<Samples>('samples').samples).toHaveLength(39);
    expect(Object.values(skipping.json<Files>('files').paths).flat()).not.toContain('cats/p-0.jpg');
    expect(skipping.notes[0]).toEqual([
      'picture-skipped',
      'dogs/copy.jpg has the same content as cats/p-0.jpg but another label',
    ]);
  });

  test('an image in two splits is reported', async () => {
    const train = { ...images('train/cats', 4), ...images('train/dogs', 4) };
    const validation = { ...images('validation/cats', 2), ...images('validation/dogs', 2) };
    const leaks = { 'validation/cats/leak.jpg': train['train/cats/p-0.jpg'] };
    const notes = [
      'picture-in-two-splits',
      expect.stringMatching(/^1 image in more than one split: scores on it are meaningless$/),
    ];
    expect((await run({ ...train, ...validation, ...leaks })).notes).toContainEqual(notes);
    const tested = {
      ...images('test/cats', 2),
      ...images('test/dogs', 2),
      'test/cats/leak.jpg': train['train/cats/p-0.jpg'],
    };
    expect((await run({ ...train, ...validation, ...leaks, ...tested })).notes).toContainEqual(notes);
  });

  test('bad images fail with all their names, or are left out; other files do not matter', async () => {
    const files = { ...images('cats', 20), ...images('dogs', 20), 'cats/list.txt': 'a list' };
    const probes = { 'cats/p-1.jpg': 'is empty', 'dogs/p-2.jpg': 'is a BigTIFF', 'cats/list.txt': 'is not an image' };
    await expect(run(files, {}, probes)).rejects.toMatchObject({
      problems: [
        { where: '/pictures/cats/p-1.jpg', found: 'is empty' },
        { where: '/pictures/dogs/p-2.jpg', found: 'is a BigTIFF' },
      ],
    });
    const skipping = await run(files, { on_bad_image: 'skip' }, probes);
    expect(skipping.json<Samples>('samples').samples).toHaveLength(38);
    expect(skipping.notes.filter(([code]) => code === 'picture-skipped')).toHaveLength(2);
    // A list beside images is not worth a word; what looks like neither is.
    expect(skipping.notes.map(([code]) => code)).not.toContain('files-ignored');
    const other = await run(
      { ...images('cats', 4), ...images('dogs', 4), 'cats/a.psd': 'x' },
      {},
      { 'cats/a.psd': 'is not an image' },
    );
    expect(other.notes.map(([code]) => code)).toContain('files-ignored');
  });

  test('of many files that fail, the first ten of each kind are named, both kinds at once', async () => {
    const cats = images('cats', 40);
    const copies = Object.fromEntries(
      Object.values(cats)
        .slice(0, 20)
        .map((content, i) => [`dogs/copy-${String(i).padStart(2, '0')}.jpg`, content]),
    );
    const files = { ...cats, ...images('dogs', 40), ...copies };
    const probes = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`dogs/p-${i}.jpg`, 'is empty']));
    const { problems } = await run(files, {}, probes).then(
      () => {
        throw new Error('it was taken');
      },
      (error: PipelineError) => error,
    );
    const codes = problems.map(({ code }) => code);
    expect(codes.filter((code) => code === 'bad-picture')).toHaveLength(11);
    expect(codes.filter((code) => code === 'same-picture-two-labels')).toHaveLength(11);
    expect(problems.filter(({ remedy }) => remedy !== undefined)).toEqual([
      {
        code: 'bad-picture',
        found: 'and 1 more; `pipeline doctor FILE --json` lists all',
        remedy: 'fix or remove the files, or set `on_bad_image: skip` in the ingest stage',
      },
      {
        code: 'same-picture-two-labels',
        found: 'and 10 more; `pipeline doctor FILE --json` lists all',
        remedy: expect.stringContaining('on_label_conflict: skip'),
      },
    ]);
  });

  test('images of a kind that other programs convert are to be converted', () => {
    const heic = 'is a HEIC, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF';
    expect(badImageRemedy(['is a link to x.jpg, which is missing'])).toBe(
      'fetch the targets of the links (for example with `dvc pull` or `git annex get`), or set `on_bad_image: skip` in the ingest stage',
    );
    const way =
      'convert the HEIC files to JPEG (for example with `heif-convert a.heic a.jpg` of libheif, or `sips -s format jpeg a.heic --out a.jpg` on macOS)';
    expect(badImageRemedy([heic, heic])).toBe(`${way}, or set \`on_bad_image: skip\` in the ingest stage`);
    expect(badImageRemedy([heic, 'is empty'])).toBe(
      `${way}, fix or remove the other files, or set \`on_bad_image: skip\` in the ingest stage`,
    );
  });

  test('counts are in the order train, validation, test, whichever sample comes first', async () => {
    const parts = {
      ...images('test/cats', 9),
      ...images('test/dogs', 9),
      ...images('validation/cats', 9),
      ...images('validation/dogs', 9),
    };
    const { notes } = await run({ ...parts, ...images('train/cats', 2), ...images('train/dogs', 2) });
    expect(notes).toContainEqual([
      'pictures',
      'train 4 (cats 2, dogs 2); validation 18 (cats 9, dogs 9); test 18 (cats 9, dogs 9)',
    ]);
  });

  test('a class that one split lacks is an error with its name and a remedy', async () => {
    const files = { ...images('train/cats', 4), ...images('train/dogs', 4), ...images('validation/cats', 4) };
    await expect(run(files)).rejects.toMatchObject({
      problems: [
        {
          code: 'class-missing-in-split',
          found: 'has no validation images of `dogs`',
          remedy: 'add images of `dogs` to the validation folder',
        },
      ],
    });
    const untrained = { ...images('train/cats', 4), ...images('val/cats', 4), ...images('val/dogs', 4) };
    await expect(run(untrained)).rejects.toMatchObject({
      problems: [{ found: 'has no training images of `dogs`', remedy: 'add images of `dogs` to the train folder' }],
    });
  });

  test('a class of its own list without a folder, and a folder outside the list', async () => {
    const files = { ...images('cats', 20), ...images('dogs', 20), ...images('owls', 20) };
    await expect(run(files, { classes: ['cats', 'dgs'] })).rejects.toMatchObject({
      problems: [{ code: 'class-without-folder' }],
    });
    const bench = await run(files, { classes: ['owls', 'cats'] });
    expect(bench.json<{ classes: string[] }>('spec').classes).toEqual(['owls', 'cats']);
    expect(bench.json<Samples>('samples').samples).toHaveLength(40);
  });
});

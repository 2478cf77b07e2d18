import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sourceFolders } from '../../src/config/class-folders.js';
import { layoutOf, type ClassLayout, type SplitFolders } from '../../src/core/class-layout.js';
import { layoutNotes, questionProblem } from '../../src/core/layout-words.js';
import { foldersOf } from '../../src/core/path-folders.js';
import { splitOfFolder } from '../../src/core/split-folders.js';

/** The layout of folders with one image in each, and of files that are named with an ending. */
function layout(names: readonly string[], splitFolders?: SplitFolders): ClassLayout {
  const paths = names.map((name) => (/\.[a-z]+$/.test(name) ? name : `${name}/1.jpg`)).sort();
  return layoutOf(
    foldersOf(paths, (index) => paths[index].endsWith('.jpg')),
    splitFolders,
  );
}

/** `train: a, b`, a line for each part. */
function described({ parts, question }: ClassLayout): string[] {
  if (question !== undefined) return [question.kind];
  return parts.map(
    ({ path, split, folders }) => `${path.join('/') || '.'} ${split ?? 'classes'}: ${folders.join(', ')}`,
  );
}

const notes = (found: ClassLayout) => layoutNotes(found).map(({ text }) => text);

describe('names of splits', () => {
  test.each([
    [
      'train',
      ['train', 'Train', 'TRAIN', 'training', 'training_set', 'trainset', 'seg_train', 'train_images', 'Training Set'],
    ],
    ['test', ['test', 'Testing', 'test_set', 'seg_test', 'testset']],
    ['validation', ['validation', 'val', 'valid', 'VAL', 'dev', 'validation_set', 'val_set', 'dev-set']],
    [undefined, ['trains', 'trainer', 'fold1', 'test1', 'value', 'device', 'cats', '', 'seg_pred', 'contest']],
  ] as const)('%s', (split, names) => {
    for (const name of names) expect([name, splitOfFolder(name)]).toEqual([name, split]);
  });
});

describe('layouts', () => {
  test.each<[string, string[], string[]]>([
    ['classes', ['cats', 'dogs/deep', 'notes.txt'], ['. classes: cats, dogs']],
    [
      'splits',
      ['train/cats', 'train/dogs', 'val/cats', 'valid/dogs', 'test/dogs', 'train/f.jpg'],
      ['test test: dogs', 'train train: cats, dogs', 'val validation: cats', 'valid validation: dogs'],
    ],
    [
      'splits by other names',
      ['Training/red', 'Training/blue', 'Testing/red', 'Testing/blue'],
      ['Testing test: blue, red', 'Training train: blue, red'],
    ],
    [
      'splits wrapped twice',
      [
        'seg_train/seg_train/sea',
        'seg_train/seg_train/street',
        'seg_test/seg_test/sea',
        'seg_test/seg_test/street',
        'seg_pred/seg_pred/1.jpg',
      ],
      ['seg_test/seg_test test: sea, street', 'seg_train/seg_train train: sea, street'],
    ],
    [
      'a folder around splits',
      ['chest/train/a', 'chest/train/b', 'chest/test/a', 'chest/test/b'],
      ['chest/test test: a, b', 'chest/train train: a, b'],
    ],
    [
      'folders around classes',
      ['one/two/cats', 'one/two/dogs', 'one/readme.txt', 'docs/licence.txt'],
      ['one/two classes: cats, dogs'],
    ],
    [
      'a split around splits',
      ['train/train/a', 'train/train/b', 'train/val/a', 'train/val/b'],
      ['train/train train: a, b', 'train/val validation: a, b'],
    ],
    [
      'a split in itself',
      ['training_set/training_set/red', 'training_set/training_set/blue'],
      ['training_set/training_set train: blue, red'],
    ],
    ['one class', ['images'], ['. classes: images']],
    ['one class with one folder in it', ['images/small'], ['. classes: images']],
    [
      'one split, whose classes are called like splits',
      ['train/quiz', 'train/exam', 'train/test'],
      ['train train: exam, quiz, test'],
    ],
    ['splits of unsorted images', ['train', 'test'], ['test test: ', 'train train: ']],
    [
      'a split with one class, which has folders',
      ['train/cats/in', 'train/dogs', 'test/cats/in', 'test/cats/out'],
      ['test test: cats', 'train train: cats, dogs'],
    ],
    [
      'folders in both splits around the classes',
      ['train/images/a', 'train/images/b', 'test/images/a', 'test/images/b'],
      ['test/images test: a, b', 'train/images train: a, b'],
    ],
    ['folders without images', ['cats', 'dogs', 'docs/a.txt'], ['. classes: cats, dogs']],
  ])('%s', (_, names, expected) => {
    expect(described(layout(names))).toEqual(expected);
  });

  test.each<[string, string[], string]>([
    ['folds', ['fold1/red', 'fold1/blue', 'fold2/red', 'fold2/blue', 'fold3/red', 'fold3/blue'], 'unknown-splits'],
    ['A and B, and another folder', ['A/red', 'A/blue', 'B/red', 'B/blue', 'more'], 'unknown-splits'],
    ['folds that have images of their own', ['A/red', 'A/blue', 'A/1.jpg', 'B/red', 'B/blue'], 'unknown-splits'],
    ['a class called train', ['red', 'blue', 'train/steam', 'train/diesel'], 'split-or-class'],
    ['a class called train, without folders', ['plane', 'car', 'train'], 'split-or-class'],
    ['a split of an unknown name', ['train/a', 'train/b', 'test/a', 'test/b', 'other/b'], 'beside-splits'],
    ['unsorted images of an unknown name', ['train', 'test1'], 'split-or-class'],
  ])('%s: a question', (_, names, kind) => {
    expect(described(layout(names))).toEqual([kind]);
    expect(layout(names).classes).toEqual([]);
  });

  test('split_folders answers the questions', () => {
    const folds = ['fold1/red', 'fold1/blue', 'fold2/red', 'fold2/blue', 'fold3/red', 'fold3/blue'];
    const answered = layout(folds, { train: ['fold1', 'fold2'], validation: 'fold3' });
    expect(described(answered)).toEqual([
      'fold1 train: blue, red',
      'fold2 train: blue, red',
      'fold3 validation: blue, red',
    ]);
    expect(layout(folds, { train: 'fold1' }).unused).toEqual(['fold2', 'fold3']);
    expect(described(layout(['red', 'blue', 'train/steam'], {}))).toEqual(['. classes: blue, red, train']);
    expect(described(layout(['red', 'blue', 'train/a', 'train/b'], { train: 'train' }))).toEqual(['train train: a, b']);
    expect(
      described(
        layout(['data/fold1/a', 'data/fold1/b', 'data/fold2/a', 'data/fold2/b'], { train: 'fold1', test: 'fold2' }),
      ),
    ).toEqual(['data/fold1 train: a, b', 'data/fold2 test: a, b']);
    expect(layout(folds, { train: 'fold4' }).question).toEqual({
      kind: 'no-such-folders',
      missing: ['fold4'],
      folders: ['fold1', 'fold2', 'fold3'],
    });
  });

  test('names equal in their composed form are one class', () => {
    const found = layout(['E\u0301cureuil', '\u00c9cureuil', 'chien']);
    expect(found.classes).toEqual(['chien', '\u00c9cureuil']);
    expect(notes(found)).toEqual([
      '2 folders are one class, `\u00c9cureuil`: their names are the same text in different Unicode forms',
    ]);
    expect(layout(['train/E\u0301', 'train/a', 'test/\u00c9', 'test/a']).classes).toEqual(['a', '\u00c9']);
  });

  test('a class that only validation has is a class', () => {
    expect(layout(['train/cats', 'train/dogs', 'validation/birds']).classes).toEqual(['birds', 'cats', 'dogs']);
  });

  test('a split of unsorted images beside one with classes is not a split that lacks them', () => {
    const found = layout(['train/cats', 'train/dogs', 'test']);
    expect([found.classes, [...found.splits]]).toEqual([['cats', 'dogs'], ['train']]);
  });

  test('classes are sorted by code point', () => {
    expect(layout(['b', 'Z', '\u00e4', 'a']).classes).toEqual(['Z', 'a', 'b', '\u00e4']);
  });
});

describe('words', () => {
  test('the interpretation is reported, unless the names show it', () => {
    expect(notes(layout(['train/a', 'train/b', 'val/a', 'val/b']))).toEqual([]);
    expect(notes(layout(['pets/Training/a', 'pets/Training/b', 'pets/test/a', 'docs/x.txt']))).toEqual([
      'classes are read from `pets`, the only folder with images',
      'splits are read from folders: `Training` as training, `test` as test',
      'the folder `docs` contains no images: not a class',
    ]);
  });

  test('a question says how to answer it, in words that answer it', () => {
    const found = layout(['red', 'blue', 'train/steam', 'train/diesel']);
    expect(questionProblem(found.question!, 'data')).toEqual({
      code: 'split-or-class',
      where: 'data',
      found:
        'it is not clear whether the folder `train` is a split or a class: it is next to the folders `blue` and `red`, which contain images too',
      expected: 'either class folders only, or split folders only',
      remedy:
        'if it is a class, write `split_folders: {}` in the ingest stage; if it is a split, write `split_folders: {train: train}`, which leaves the others out',
    });
    const many = layout(Array.from({ length: 24 }, (_, i) => [`f${i}/a`, `f${i}/b`]).flat());
    expect(questionProblem(many.question!, 'data').found).toContain(
      '`f16`, `f17` and 14 more contain the same class folders (`a` and `b`)',
    );
    const spaced = layout(['Training Set/a', 'Training Set/b', 'other: one/a', 'test/b', 'test/a']);
    expect(questionProblem(spaced.question!, 'data').remedy).toContain(
      '`split_folders: {train: "Training Set", test: test}`',
    );
  });
});

test('the folders on disk are read as a list of their files is', async () => {
  const name = fc.constantFrom('train', 'val', 'cats', 'dogs', 'fold1', 'fold2', 'E\u0301', '\u00c9');
  const path = fc
    .tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.constantFrom('1.jpg', '2.png', 'notes.txt'))
    .map(([folders, file]) => [...folders, file].join('/'));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), async (paths) => {
      const root = await mkdtemp(join(tmpdir(), 'layout-'));
      try {
        for (const file of paths) {
          await mkdir(dirname(join(root, file)), { recursive: true });
          await writeFile(join(root, file), 'x');
        }
        const listed = layoutOf(foldersOf(paths, (index) => !paths[index].endsWith('.txt')));
        expect(sourceFolders(root, '.')!.layout).toEqual(listed);
      } finally {
        await rm(root, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});

import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sourceFolders } from '../../src/config/class-folders.js';
import { PipelineError, type Problem } from '../../src/core/problem.js';
import { formatProblems } from '../../src/report/problems.js';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();

/** Folders with an image in each. */
async function folders(source: string, names: readonly string[]): Promise<void> {
  for (const name of names) await project.write(join(source, name, 'a.jpg'), 'a');
}

/** What loading refuses. */
async function problemsOf(yaml: string): Promise<readonly Problem[]> {
  const thrown: unknown = await project.load(yaml).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown !== undefined && !(thrown instanceof PipelineError)) throw thrown;
  return thrown?.problems ?? [];
}

async function codes(yaml: string): Promise<(string | number | undefined)[][]> {
  const problems = await problemsOf(yaml);
  return problems.map(({ code, position }) => [code, position?.line]);
}

const from = (source: string) => changed(petsYaml, 'source: pictures', `source: ${source}`);

test('one sigmoid unit and three folders', async () => {
  await folders('three', ['train/cats', 'train/dogs', 'train/birds', 'validation/cats']);
  const problems = await problemsOf(from('three'));
  const text = formatProblems(problems, { color: false, width: () => 120, cwd: project.root });
  expect(text).toBe(`pets.yaml:20:9: the head ends in 1 sigmoid unit, but \`three\` has 3 classes (birds, cats, dogs)
  19 |       - dropout: {rate: 0.5}
  20 |       - dense: {units: 1, activation: sigmoid}
     |         ^^^^^
  21 |   train:
  expected: 3 softmax units
  -> use \`classifier\` instead, which always fits the classes`);
});

test('units, loss and class weights are compared with the folders', async () => {
  await folders('two', ['cats', 'dogs', '.git']);
  await folders('three', ['train/cats', 'train/dogs', 'train/birds']);
  expect(await codes(from('two'))).toEqual([]);

  const softmax = (source: string, units: number) =>
    changed(
      changed(from(source), '{units: 1, activation: sigmoid}', `{units: ${units}, activation: softmax}`),
      'loss: binary',
      'loss: categorical',
    );
  expect(await codes(softmax('two', 2))).toEqual([]);
  expect(await codes(softmax('three', 3))).toEqual([]);
  expect(await codes(softmax('three', 4))).toEqual([['units-do-not-fit-classes', 20]]);

  const classifier = (source: string) => changed(from(source), 'dense: {units: 1, activation: sigmoid}', 'classifier');
  expect(await codes(classifier('two'))).toEqual([]);
  expect(await codes(classifier('three'))).toEqual([['loss-does-not-fit-classes', 24]]);

  expect(await codes(changed(from('two'), 'epochs: 5', 'class_weight: {cats: 1, dgs: 2}'))).toEqual([
    ['unknown-class', 25],
  ]);
});

test('classes that are written out have folders, and count', async () => {
  await folders('two', ['cats', 'dogs']);
  expect(await codes(from('two\n    classes: [dogs, cats]'))).toEqual([]);
  expect(await codes(from('two\n    classes: [dog, cats]'))).toEqual([['class-without-folder', 5]]);
  expect(await codes(from('nowhere\n    classes: [a, b, c]'))).toEqual([['units-do-not-fit-classes', 21]]);
});

test('folders are counted as ingest reads them', async () => {
  await folders('linked', ['cats', 'dogs']);
  await symlink(join(project.root, 'linked/cats'), join(project.root, 'linked/more'));
  await folders('later', ['cats', 'dogs', 'birds']);
  await mkdir(join(project.root, 'later/later/.cache'), { recursive: true });
  await symlink('.', join(project.root, 'linked/cats/again'));
  await symlink('more', join(project.root, 'linked/twice'));
  // The first link is followed, as by ingest; the second to the same folder is not, nor one that leads back.
  expect(await codes(from('linked'))).toEqual([['units-do-not-fit-classes', 20]]);
  expect(sourceFolders(project.root, 'linked')!.classes).toEqual(['cats', 'dogs', 'more']);
  // Three with files; the fourth has none.
  expect(await codes(from('later'))).toEqual([['units-do-not-fit-classes', 20]]);
});

test('a folder without files is named, wherever a class could be', async () => {
  const warnings = async (yaml: string) =>
    (await project.load(yaml)).warnings.map(({ position, found, remedy }) => [position?.line, found, remedy]);
  await folders('empty', ['cats', 'dogs/deep']);
  expect(await warnings(from('empty'))).toEqual([]);
  await mkdir(join(project.root, 'empty/birds/.cache'), { recursive: true });
  await mkdir(join(project.root, 'empty/fish'));
  expect(await warnings(from('empty'))).toEqual([
    [
      4,
      'the folders `birds` and `fish` in `empty` are empty, so they are not classes',
      'put images into them, or remove them',
    ],
  ]);
  // Who names the classes means the others to be left out.
  expect(await warnings(from('empty\n    classes: [dogs, cats]'))).toEqual([]);
  await folders('emptysplit', ['train/cats', 'train/dogs', 'validation/cats', 'other']);
  await mkdir(join(project.root, 'emptysplit/validation/dogs'));
  await mkdir(join(project.root, 'emptysplit/elsewhere'));
  expect(await warnings(from('emptysplit'))).toEqual([
    [
      4,
      'the folder `validation/dogs` in `emptysplit` is empty, so it is not a class',
      'put images into it, or remove it',
    ],
  ]);
});

test('an evaluation on test images needs a folder or a share', async () => {
  const testing = (source: string) => changed(from(source), 'evaluate: {}', 'evaluate: {split: test}');
  await folders('plain', ['cats', 'dogs']);
  const [problem] = await problemsOf(testing('plain'));
  expect(problem).toMatchObject({
    code: 'no-test-pictures',
    found: 'there are no test images: `plain` has no folder `test`, and `split.test` of `ingest` is 0',
    remedy: 'write `split: {test: 0.1}` in `ingest`, or `split: validation` here',
  });
  const share = '\n    split: {test: 0.1}';
  expect(await codes(testing(`plain${share}`))).toEqual([]);
  await folders('tested', ['train/cats', 'train/dogs', 'test/cats', 'test/dogs']);
  expect(await codes(testing('tested'))).toEqual([]);
  await folders('trained', ['train/cats', 'train/dogs']);
  expect(await codes(testing(`trained${share}`))).toEqual([]);
  // With folders for both, no share takes anything from them.
  await folders('validated', ['train/cats', 'train/dogs', 'val/cats', 'val/dogs']);
  expect((await codes(testing(`validated${share}`))).map(([code]) => code)).toEqual(['no-test-pictures']);
});

test('folders of splits are not classes, also where they hold images alone', async () => {
  await folders('parts', ['train', 'val', 'quiz']);
  expect(await codes(from('parts'))).toEqual([]);
  await folders('exams', ['train/quiz', 'train/exam', 'train/test']);
  expect(await codes(from('exams'))).toEqual([['units-do-not-fit-classes', 20]]);
});

test('says nothing where the folders cannot be listed', async () => {
  await project.write('archive.zip', 'PK');
  await folders('onlyval', ['validation/cats']);
  for (const source of ['nowhere', 'archive.zip', 'onlyval']) expect(await codes(from(source))).toEqual([]);
});

test('a class that only validation has counts, as in ingest', async () => {
  await folders('later-class', ['train/cats', 'train/dogs', 'validation/birds']);
  const problems = await problemsOf(from('later-class'));
  expect(problems).toMatchObject([
    {
      code: 'units-do-not-fit-classes',
      found: 'the head ends in 1 sigmoid unit, but `later-class` has 3 classes (birds, cats, dogs)',
    },
  ]);
});

test('names of classes are compared in their composed form', async () => {
  await folders('accents', ['E\u0301cureuil', 'chien']);
  const weights = changed(
    from('accents\n    classes: [\u00c9cureuil, chien]'),
    'epochs: 5',
    'class_weight: {E\u0301cureuil: 2}',
  );
  expect(await codes(weights)).toEqual([]);
  const twice = await problemsOf(from('accents\n    classes: [\u00c9cureuil, E\u0301cureuil, chien]'));
  expect(twice).toContainEqual(
    expect.objectContaining({
      code: 'class-twice',
      found: 'item 2 of `classes` is the same name as item 1, in another Unicode form',
    }),
  );
});

test('long lists of classes end after ten', async () => {
  await folders(
    'many',
    Array.from({ length: 24 }, (_, i) => `c${String(i).padStart(2, '0')}`),
  );
  const problems = await problemsOf(from('many\n    classes: [c00, x]'));
  expect(problems).toMatchObject([
    { expected: 'one of the folders `c00`, `c01`, `c02`, `c03`, `c04`, `c05`, `c06`, `c07`, `c08`, `c09` or 14 more' },
  ]);
});

test('a head cannot fit a single class: ingest reports it', async () => {
  await folders('one', ['cats']);
  const classifier = changed(from('one'), 'dense: {units: 1, activation: sigmoid}', 'classifier');
  for (const yaml of [from('one'), classifier, changed(from('one'), 'epochs: 5', 'class_weight: {dogs: 2}')])
    expect(await codes(yaml)).toEqual([]);
});

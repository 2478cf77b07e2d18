/** Sentences about class layouts: what was taken for what, and what only a person can answer. */
import { classNameOf, type ClassLayout, type LayoutQuestion, type Part } from './class-layout.js';
import { nameList } from './text/names.js';
import { nearest } from './text/did-you-mean.js';
import type { Problem } from './problem.js';
import { isPlainSplitName, splitNames, splitOfFolder } from './split-folders.js';

/** A question as a problem; `source` is what people know the folder by. */
export function questionProblem(question: LayoutQuestion, source: string): Problem {
  return { where: source, ...wordsOf(question) };
}

function wordsOf(question: LayoutQuestion): Problem {
  switch (question.kind) {
    case 'unknown-splits': {
      const [first, second] = question.folders;
      return {
        code: 'unknown-splits',
        found: `the folders ${nameList(question.folders)} contain the same class folders (${nameList(question.classes)}), so they look like splits or folds, not classes`,
        expected: 'folders named `train`, `validation` and `test`, or one folder per class',
        remedy: `name the splits in the ingest stage, for example \`split_folders: {train: ${yamlName(first)}, validation: ${yamlName(second)}}\`, or rename the folders; if they are classes, write \`split_folders: {}\``,
      };
    }
    case 'beside-splits':
      return {
        code: 'unknown-splits',
        found: `${folders(question.others)} ${question.others.length === 1 ? 'contains' : 'contain'} the same class folders as the splits ${nameList(question.splits)}, but the name does not show which split it is`,
        expected: 'only folders named `train`, `validation` and `test` next to each other',
        remedy: `name the folders to use in the ingest stage: \`split_folders: ${exampleOf([...question.splits])}\` (the others are left out); or rename or move ${nameList(question.others)}`,
      };
    case 'split-or-class': {
      const { splits, others } = question;
      return {
        code: 'split-or-class',
        found: `it is not clear whether ${folders(splits)} ${splits.length === 1 ? 'is a split or a class' : 'are splits or classes'}: ${splits.length === 1 ? 'it is' : 'they are'} next to ${folders(others)}, which ${others.length === 1 ? 'contains' : 'contain'} images too`,
        expected: 'either class folders only, or split folders only',
        remedy: `if ${splits.length === 1 ? 'it is a class' : 'they are classes'}, write \`split_folders: {}\` in the ingest stage; if ${splits.length === 1 ? 'it is a split' : 'they are splits'}, write \`split_folders: ${exampleOf(splits)}\`, which leaves the others out`,
      };
    }
    case 'no-such-folders': {
      const [first] = question.missing;
      const near = nearest(first, question.folders);
      return {
        code: 'split-folder-missing',
        found: `\`split_folders\` names ${nameList(question.missing)}, but there is no such folder with images`,
        expected: question.folders.length === 0 ? 'folders with images' : `folders among ${nameList(question.folders)}`,
        remedy: near === undefined ? 'correct `split_folders`' : `did you mean \`${near}\`?`,
      };
    }
  }
}

/** What was done with the folders, if their names do not show it. Counts of files are not known here. */
export function layoutNotes({
  inside,
  parts,
  withoutImages,
}: ClassLayout): { readonly code: string; readonly text: string }[] {
  const notes: { code: string; text: string }[] = [];
  if (inside.length > 0)
    notes.push({
      code: 'folder-stepped-into',
      text: `classes are read from \`${inside.join('/')}\`, the only folder with images`,
    });
  const splits = parts.flatMap(({ path, split, folders: classes }) =>
    split === undefined || classes.length === 0 ? [] : [{ name: path.slice(inside.length).join('/'), split }],
  );
  if (splits.some(({ name, split }) => !isPlainSplitName(name) || splitOfFolder(name) !== split)) {
    const rules = splitNames.flatMap((split) => {
      const names = splits.filter((part) => part.split === split).map(({ name }) => name);
      return names.length === 0 ? [] : `${nameList(names)} as ${split === 'train' ? 'training' : split}`;
    });
    notes.push({ code: 'split-folders', text: `splits are read from folders: ${rules.join(', ')}` });
  }
  for (const [name, forms] of formsOf(parts)) {
    notes.push({
      code: 'one-name-in-two-forms',
      text: `${forms} folders are one class, \`${name}\`: their names are the same text in different Unicode forms`,
    });
  }
  if (withoutImages.length > 0) {
    const one = withoutImages.length === 1;
    notes.push({
      code: 'folders-without-images',
      text: `the folder${one ? '' : 's'} ${nameList(withoutImages)} ${one ? 'contains' : 'contain'} no images: not ${one ? 'a class' : 'classes'}`,
    });
  }
  return notes;
}

/** Classes with folders of different names, with how many of those. */
function formsOf(parts: readonly Part[]): [name: string, forms: number][] {
  const forms = new Map<string, Set<string>>();
  for (const folder of parts.flatMap((part) => part.folders)) {
    const name = classNameOf(folder);
    forms.set(name, (forms.get(name) ?? new Set()).add(folder));
  }
  return [...forms].filter(([, { size }]) => size > 1).map(([name, { size }]) => [name, size]);
}

function folders(names: readonly string[]): string {
  return `the folder${names.length === 1 ? '' : 's'} ${nameList(names)}`;
}

/** `{train: Training, test: [test, testing]}`, with what names say of themselves. */
function exampleOf(names: readonly string[]): string {
  const entries = splitNames.flatMap((split) => {
    const own = names.filter((name) => splitOfFolder(name) === split).map(yamlName);
    return own.length === 0 ? [] : `${split}: ${own.length === 1 ? own[0] : `[${own.join(', ')}]`}`;
  });
  return `{${entries.join(', ')}}`;
}

/** A name as it may be written in braces. */
function yamlName(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) ? name : JSON.stringify(name);
}

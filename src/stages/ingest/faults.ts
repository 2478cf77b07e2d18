/** What a run refuses of a source of pictures, and what to do about it. */
import type { Problem } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { splitNames, type SplitName } from '../../image/dataset.js';
import type { Layout } from './layout.js';
import type { BadPicture, Gathered } from './samples.js';

/** The gravest first; those of one list are told together. */
export interface Faults {
  readonly classes: readonly Problem[];
  /** Those that cannot be used, and those with two labels. */
  readonly pictures: readonly Problem[];
  /** Splits that lack a class. */
  readonly splits: readonly Problem[];
}

/** Files of one kind that a run names; doctor names all. */
const SHOWN = 10;

/** Kinds of pictures that are not read, and that other programs convert. */
const convertible = /^is an? (BigTIFF|HEIC|JPEG XL|JPEG 2000), expected/;

export function classFaults(classes: IngestConfig['classes'], { classNames, strays }: Layout, source: string): Problem[] {
  const unsorted = strays.find((path) => path.includes('/'));
  if (classNames.length === 0 && unsorted !== undefined) {
    return [{
      code: 'no-class-folders',
      where: source,
      found: `holds folders of splits without class folders in them: ${unsorted} has no class`,
      expected: 'a folder for each class below train/, validation/ and test/',
      remedy: 'sort the pictures into class folders; where `train` or `test` is a class itself, give its folder another name',
    }];
  }
  if (classNames.length === 0) {
    return [{
      code: 'no-pictures',
      where: source,
      found: 'holds no folders with files',
      expected: 'one folder for each class with its pictures, or such folders below train/ and validation/',
      remedy: 'put the pictures into class folders, or point `source` at the folder above them',
    }];
  }
  const missing = classes?.find((name) => !classNames.includes(name));
  if (missing !== undefined) {
    return [{
      code: 'class-without-folder',
      where: source,
      found: `has no folder for the class \`${missing}\``,
      expected: `one of the folders ${quoted(classNames)}`,
      remedy: 'correct `classes`, or leave it out to take the folders as they are',
    }];
  }
  if ((classes ?? classNames).length >= 2) return [];
  return [{
    code: 'one-class',
    where: source,
    found: `holds one class only, \`${classNames[0]}\``,
    expected: 'at least two class folders',
    remedy: 'add a folder for what the class is to be told from',
  }];
}

export function pictureFaults(config: IngestConfig, { bad, conflicts }: Pick<Gathered, 'bad' | 'conflicts'>, root: string): Problem[] {
  return [
    ...(config.on_bad_image === 'fail' ? firstOf(bad, 'bad-picture', root, badPictureRemedy(bad.map(({ reason }) => reason))) : []),
    ...(config.on_label_conflict === 'fail' ? firstOf(conflicts, 'same-picture-two-labels', root, labelConflictRemedy) : []),
  ];
}

export const labelConflictRemedy = 'remove one of each two, or set `on_label_conflict: skip` in the ingest stage';

/** What to do about pictures of which these things are said. */
export function badPictureRemedy(reasons: readonly string[]): string {
  const skip = 'or set `on_bad_image: skip` in the ingest stage';
  const kinds = [...new Set(reasons.map((reason) => convertible.exec(reason)?.[1]).filter((kind) => kind !== undefined))];
  const large = reasons.some((reason) => reason.endsWith('megapixels'));
  const others = reasons.some((reason) => !convertible.test(reason) && !reason.endsWith('megapixels'));
  return [
    ...(kinds.length > 0 ? [`convert the ${kinds.join(', ')} files to JPEG`] : []),
    ...(large ? ['raise `max_megapixels` in the ingest stage'] : []),
    ...(others ? [`fix or remove the ${kinds.length > 0 || large ? 'other ' : ''}files`] : []),
    skip,
  ].join(', ');
}

/** The first of many files, the last line with what to do about all. */
function firstOf(files: readonly BadPicture[], code: string, root: string, remedy: string): Problem[] {
  const problems = files.slice(0, SHOWN).map(({ path, reason }): Problem => ({ code, where: `${root}/${path}`, found: reason }));
  const rest = files.length - SHOWN;
  if (rest > 0) problems.push({ code, found: `and ${rest.toLocaleString('en-US')} more; \`pipeline doctor FILE --json\` names all` });
  const last = problems.pop();
  return last === undefined ? [] : [...problems, { ...last, remedy }];
}

/** Every split that has pictures needs some of every class; training and validation are always needed. */
export function splitFaults(counts: Gathered['counts'], classes: readonly string[], { split }: IngestConfig, layout: Layout, root: string): Problem[] {
  const problems: Problem[] = [];
  for (const name of splitNames) {
    const row = counts[name];
    if (row === undefined && (name === 'test' || (name === 'validation' && split.validation === 0))) continue;
    const lacking = classes.filter((className) => (row?.[className] ?? 0) === 0);
    if (lacking.length === 0) continue;
    problems.push({
      code: 'class-missing-in-split',
      where: root,
      found: `has no ${name === 'train' ? 'training' : name} pictures of ${quoted(lacking)}`,
      expected: 'pictures of every class in each split',
      remedy: `add pictures of \`${lacking[0]}\`${otherWays(name, layout)}`,
    });
  }
  return problems;
}

/** What else gives a split pictures: a share counts only where no folder decides. */
function otherWays(name: SplitName, { splits }: Layout): string {
  const [share, change] = name === 'train' ? (['validation', 'lower'] as const) : ([name, 'raise'] as const);
  const decided = splits.has(share) || (name === 'train' && splits.size > 0 && !splits.has('train'));
  return decided ? ` to the ${name} folder` : `, ${change} \`split.${share}\`, or give ${share} a folder of its own`;
}

/** Names that may hold blanks and commas. */
function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

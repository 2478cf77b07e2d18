/** Makes the samples of a folder's pictures: labels, splits, and everything that is wrong with them. */
import { compareCodePoints } from '../../core/canonical.js';
import type { Digest } from '../../core/digest.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import { nameOf } from '../../core/source.js';
import type { FolderListing } from '../../core/stage.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { splitNames, type SampleRow, type SplitName } from '../../image/dataset.js';
import { hasPictureName } from '../../image/probe.js';
import type { Candidate, Layout } from './layout.js';
import { splitOf } from './split.js';

export interface BadPicture {
  readonly path: string;
  readonly reason: string;
}

export interface Gathered {
  readonly classes: readonly string[];
  readonly samples: readonly SampleRow[];
  readonly paths: Readonly<Record<Digest, readonly string[]>>;
  readonly bad: readonly BadPicture[];
  /** Files in class folders that are no pictures by name nor content. */
  readonly ignored: readonly BadPicture[];
  /** Files with the bytes of another one of their class. */
  readonly twins: readonly string[];
  /** Files with the bytes of one in another class. */
  readonly conflicts: readonly Problem[];
  /** Pictures that are in more than one split. */
  readonly leaks: readonly Digest[];
  readonly notes: readonly { readonly code: string; readonly text: string }[];
  /** Pictures by split and class. */
  readonly counts: Readonly<Partial<Record<SplitName, Readonly<Record<string, number>>>>>;
  readonly faults: Faults;
}

/** What a run refuses, the gravest first; those of one list are told together. */
export interface Faults {
  readonly classes: readonly Problem[];
  readonly badPictures: readonly Problem[];
  readonly conflicts: readonly Problem[];
  /** Splits that lack a class. */
  readonly splits: readonly Problem[];
}

/** `shown` is the folder as people know it. Throws `bad-data` with every problem of the gravest kind that it finds. */
export function gatherSamples(config: IngestConfig, listing: FolderListing, layout: Layout, shown: string): Gathered {
  const gathered = examineSamples(config, listing, layout, shown);
  const { classes, badPictures, conflicts, splits } = gathered.faults;
  const gravest = [classes, badPictures, conflicts, splits].find((problems) => problems.length > 0);
  if (gravest !== undefined) throw new PipelineError('bad-data', gravest);
  return gathered;
}

/** The same, with the problems as a part of the result. */
export function examineSamples(config: IngestConfig, listing: FolderListing, layout: Layout, shown: string): Gathered {
  const classes = config.classes ?? layout.classNames;
  const { good, bad, ignored } = sortOut(layout, listing, new Set(classes));
  const rows = new Map<string, SampleRow>();
  const paths: Record<string, string[]> = {};
  const labels = new Map<Digest, Candidate>();
  const conflicts: Problem[] = [];
  const contradicted = new Set<Digest>();
  const twins: string[] = [];
  for (const candidate of good) {
    const digest = listing.digestAt(candidate.index);
    const first = labels.get(digest);
    if (first !== undefined && first.className !== candidate.className) {
      conflicts.push(twoLabels(first, candidate));
      contradicted.add(digest);
      continue;
    }
    if (first !== undefined) twins.push(candidate.path);
    labels.set(digest, first ?? candidate);
    (paths[digest] ??= []).push(candidate.path);
    const split = candidate.split === 'train' && !layout.splits.has('validation') ? undefined : candidate.split;
    const row: SampleRow = [digest, classes.indexOf(candidate.className), split ?? splitOf(digest, withoutTest(config, layout))];
    rows.set(`${digest}/${row[2]}`, row);
  }
  for (const digest of contradicted) delete paths[digest];
  const samples = [...rows.values()]
    .filter(([digest]) => !contradicted.has(digest))
    .sort((a, b) => compareCodePoints(a[0], b[0]) || splitNames.indexOf(a[2]) - splitNames.indexOf(b[2]));
  const leaks = samples.flatMap(([digest], index) => (digest === samples[index - 1]?.[0] && digest !== samples[index - 2]?.[0] ? digest : []));
  const counts = countSamples(samples, classes);
  const faults: Faults = {
    classes: classFaults(config.classes, layout, nameOf(config.source)),
    badPictures: config.on_bad_image === 'fail' ? badPictures(bad, shown) : [],
    conflicts: config.on_label_conflict === 'fail' ? conflicts : [],
    splits: splitFaults(counts, classes, config, layout, shown),
  };
  const notes = notesOf({ ignored, twins, leaks: leaks.length }, layout, listing);
  return { classes, samples, paths, bad, ignored, twins, conflicts, leaks, notes, counts, faults };
}

function notesOf(
  { ignored, twins, leaks }: { readonly ignored: readonly BadPicture[]; readonly twins: readonly string[]; readonly leaks: number },
  { strays }: Layout,
  { passedOver }: FolderListing,
): { code: string; text: string }[] {
  const notes: { code: string; text: string }[] = [];
  if (ignored.length > 0) notes.push({ code: 'files-ignored', text: `${ignored.length} files in the class folders are no pictures by name nor content and are left out` });
  if (strays.length > 0) notes.push({ code: 'files-outside-classes', text: `${strays.length} files lie in no class folder, such as ${strays[0]}` });
  for (const { path, why } of passedOver) notes.push({ code: 'passed-over', text: `${path} ${why}` });
  if (twins.length > 0) notes.push({ code: 'same-picture-twice', text: `${twins.length} files hold the same bytes as another one of their class and count once` });
  if (leaks > 0) notes.push({ code: 'picture-in-two-splits', text: `${leaks} pictures are in more than one split: scores on them say nothing` });
  return notes;
}

/** The shares for pictures whose folders leave the split open; a test folder of its own takes none from training. */
function withoutTest({ split }: IngestConfig, { splits }: Layout): { validation: number; test: number } {
  return splits.has('test') ? { ...split, test: 0 } : split;
}

function classFaults(classes: IngestConfig['classes'], { classNames, strays }: Layout, source: string): Problem[] {
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
      found: `has no folder for the class ${missing}`,
      expected: `the folders ${classNames.join(', ')}`,
      remedy: 'correct `classes`, or leave it out to take the folders as they are',
    }];
  }
  if ((classes ?? classNames).length >= 2) return [];
  return [{
    code: 'one-class',
    where: source,
    found: `holds one class only, ${classNames[0]}`,
    expected: 'at least two class folders',
    remedy: 'add a folder for what the class is to be told from',
  }];
}

function sortOut(layout: Layout, listing: FolderListing, classes: ReadonlySet<string>): { good: Candidate[]; bad: BadPicture[]; ignored: BadPicture[] } {
  const good: Candidate[] = [];
  const bad: BadPicture[] = [];
  const ignored: BadPicture[] = [];
  for (const candidate of layout.candidates) {
    if (!classes.has(candidate.className)) continue;
    const reason = listing.probeAt(candidate.index);
    if (reason === '') good.push(candidate);
    else if (hasPictureName(candidate.path)) bad.push({ path: candidate.path, reason });
    else ignored.push({ path: candidate.path, reason });
  }
  return { good, bad, ignored };
}

function badPictures(bad: readonly BadPicture[], root: string): Problem[] {
  const remedy = 'mend or remove the files, or set `on_bad_image: skip` in the ingest stage';
  return bad.map(({ path, reason }, index): Problem => {
    const problem = { code: 'bad-picture', where: `${root}/${path}`, found: reason };
    return index === bad.length - 1 ? { ...problem, remedy } : problem;
  });
}

function twoLabels(first: Candidate, second: Candidate): Problem {
  return {
    code: 'same-picture-two-labels',
    where: second.path,
    found: `has the same bytes as ${first.path}, under another label`,
    expected: 'one label for each picture',
    remedy: 'remove one of the two, or set `on_label_conflict: skip` in the ingest stage',
  };
}

function countSamples(samples: readonly SampleRow[], classes: readonly string[]): Partial<Record<SplitName, Record<string, number>>> {
  const counts: Partial<Record<SplitName, Record<string, number>>> = {};
  for (const [, label, split] of samples) {
    const row = (counts[split] ??= Object.fromEntries(classes.map((name) => [name, 0])));
    row[classes[label]]++;
  }
  return counts;
}

/** Every split that has pictures needs some of every class; training and validation are always needed. */
function splitFaults(counts: Gathered['counts'], classes: readonly string[], { split }: IngestConfig, layout: Layout, root: string): Problem[] {
  const problems: Problem[] = [];
  for (const name of splitNames) {
    const row = counts[name];
    if (row === undefined && (name === 'test' || (name === 'validation' && split.validation === 0))) continue;
    const lacking = classes.filter((className) => (row?.[className] ?? 0) === 0);
    if (lacking.length === 0) continue;
    problems.push({
      code: 'class-missing-in-split',
      where: root,
      found: `has no ${name === 'train' ? 'training' : name} pictures of ${lacking.join(', ')}`,
      expected: `pictures of every class in each split`,
      remedy: `add pictures of ${lacking[0]}${otherWays(name, layout)}`,
    });
  }
  return problems;
}

/** What else gives a split pictures: a share counts only where no folder decides. */
function otherWays(name: SplitName, { splits }: Layout): string {
  const [share, change] = name === 'train' ? (['validation', 'lower'] as const) : ([name, 'raise'] as const);
  const decided = splits.has(share) || (name === 'train' && splits.size > 0 && !splits.has('train'));
  return decided ? ` to the ${name} folder` : `, ${change} split.${share}, or give ${share} a folder of its own`;
}

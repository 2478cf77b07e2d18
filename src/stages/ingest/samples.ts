/** Makes the samples of a folder's pictures: labels, splits, and everything that is wrong with them. */
import { compareCodePoints } from '../../core/canonical.js';
import type { Digest } from '../../core/digest.js';
import { failure, PipelineError, type Problem } from '../../core/problem.js';
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
  readonly notes: readonly { readonly code: string; readonly text: string }[];
  /** Pictures by split and class. */
  readonly counts: Readonly<Partial<Record<SplitName, Readonly<Record<string, number>>>>>;
}

/** `shown` is the folder as people know it. Throws `bad-data` with every problem that it finds. */
export function gatherSamples(config: IngestConfig, listing: FolderListing, layout: Layout, shown: string): Gathered {
  const classes = config.classes ?? layout.classNames;
  const notes: { code: string; text: string }[] = [];
  checkClasses(config.classes, layout, nameOf(config.source));
  const { good, bad, ignored } = sortOut(layout, listing, new Set(classes));
  if (bad.length > 0 && config.on_bad_image === 'fail') throw badPictures(bad, shown);
  if (ignored > 0) notes.push({ code: 'files-ignored', text: `${ignored} files in the class folders are no pictures by name nor content and are left out` });
  if (layout.strays.length > 0) notes.push({ code: 'files-outside-classes', text: `${layout.strays.length} files lie in no class folder, such as ${layout.strays[0]}` });
  for (const link of listing.refusedLinks) notes.push({ code: 'link-not-followed', text: `${link} leads out of the folder and is not followed` });

  const rows = new Map<string, SampleRow>();
  const paths: Record<string, string[]> = {};
  const labels = new Map<Digest, Candidate>();
  const conflicts: Problem[] = [];
  let twins = 0;
  for (const candidate of good) {
    const digest = listing.digestAt(candidate.index);
    const first = labels.get(digest);
    if (first !== undefined && first.className !== candidate.className) {
      conflicts.push(twoLabels(first, candidate));
      continue;
    }
    if (first !== undefined) twins++;
    labels.set(digest, first ?? candidate);
    (paths[digest] ??= []).push(candidate.path);
    const split = candidate.split === 'train' && !layout.splits.has('validation') ? undefined : candidate.split;
    const row: SampleRow = [digest, classes.indexOf(candidate.className), split ?? splitOf(digest, withoutTest(config, layout))];
    rows.set(`${digest}/${row[2]}`, row);
  }
  if (conflicts.length > 0) throw new PipelineError('bad-data', conflicts);
  if (twins > 0) notes.push({ code: 'same-picture-twice', text: `${twins} files hold the same bytes as another one of their class and count once` });
  const samples = [...rows.values()].sort((a, b) => compareCodePoints(a[0], b[0]) || splitNames.indexOf(a[2]) - splitNames.indexOf(b[2]));
  const leaks = samples.length - labels.size;
  if (leaks > 0) notes.push({ code: 'picture-in-two-splits', text: `${leaks} pictures are in more than one split: scores on them say nothing` });
  const counts = countSamples(samples, classes);
  checkCounts(counts, classes, config, shown);
  return { classes, samples, paths, bad, notes, counts };
}

/** The shares for pictures whose folders leave the split open; a test folder of its own takes none from training. */
function withoutTest({ split }: IngestConfig, { splits }: Layout): { validation: number; test: number } {
  return splits.has('test') ? { ...split, test: 0 } : split;
}

function checkClasses(classes: IngestConfig['classes'], { classNames }: Layout, source: string): void {
  if (classNames.length === 0) {
    throw failure('bad-data', {
      code: 'no-pictures',
      where: source,
      found: 'holds no folders with files',
      expected: 'one folder for each class with its pictures, or such folders below train/ and validation/',
      remedy: 'put the pictures into class folders, or point `source` at the folder above them',
    });
  }
  const missing = classes?.find((name) => !classNames.includes(name));
  if (missing !== undefined) {
    throw failure('bad-data', {
      code: 'class-without-folder',
      where: source,
      found: `has no folder for the class ${missing}`,
      expected: `the folders ${classNames.join(', ')}`,
      remedy: 'correct `classes`, or leave it out to take the folders as they are',
    });
  }
  if ((classes ?? classNames).length < 2) {
    throw failure('bad-data', {
      code: 'one-class',
      where: source,
      found: `holds one class only, ${classNames[0]}`,
      expected: 'at least two class folders',
      remedy: 'add a folder for what the class is to be told from',
    });
  }
}

function sortOut(layout: Layout, listing: FolderListing, classes: ReadonlySet<string>): { good: Candidate[]; bad: BadPicture[]; ignored: number } {
  const good: Candidate[] = [];
  const bad: BadPicture[] = [];
  let ignored = 0;
  for (const candidate of layout.candidates) {
    if (!classes.has(candidate.className)) continue;
    const reason = listing.probeAt(candidate.index);
    if (reason === '') good.push(candidate);
    else if (hasPictureName(candidate.path)) bad.push({ path: candidate.path, reason });
    else ignored++;
  }
  return { good, bad, ignored };
}

function badPictures(bad: readonly BadPicture[], root: string): PipelineError {
  const problems = bad.map(({ path, reason }): Problem => ({ code: 'bad-picture', where: `${root}/${path}`, found: reason }));
  const last = { ...problems[problems.length - 1], remedy: 'mend or remove the files, or set `on_bad_image: skip` in the ingest stage' };
  return new PipelineError('bad-data', [...problems.slice(0, -1), last]);
}

function twoLabels(first: Candidate, second: Candidate): Problem {
  return {
    code: 'same-picture-two-labels',
    where: second.path,
    found: `has the same bytes as ${first.path}, under another label`,
    expected: 'one label for each picture',
    remedy: 'remove one of the two',
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
function checkCounts(counts: Gathered['counts'], classes: readonly string[], { split }: IngestConfig, root: string): void {
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
      remedy: `add pictures of ${lacking[0]}, ${name === 'train' ? 'lower' : 'raise'} split.${name === 'train' ? 'validation' : name}, or give ${name} a folder of its own`,
    });
  }
  if (problems.length > 0) throw new PipelineError('bad-data', problems);
}

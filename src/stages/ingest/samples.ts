/** Makes the samples of a folder's pictures: labels, splits, and everything that is wrong with them. */
import { compareCodePoints } from '../../core/canonical.js';
import { count } from '../../core/count.js';
import type { Digest } from '../../core/digest.js';
import { PipelineError } from '../../core/problem.js';
import { nameOf } from '../../core/source.js';
import type { FolderListing } from '../../core/stage.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { splitNames, type SampleRow, type SplitName } from '../../image/dataset.js';
import { hasPictureName } from '../../image/probe.js';
import { classFaults, pictureFaults, splitFaults, type Faults } from './faults.js';
import type { Candidate, Layout } from './layout.js';
import { isUsable, WITHOUT_END } from './probe.js';
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
  readonly conflicts: readonly BadPicture[];
  /** Pictures that are in more than one split. */
  readonly leaks: readonly Digest[];
  readonly notes: readonly { readonly code: string; readonly text: string }[];
  /** Pictures by split and class. */
  readonly counts: Readonly<Partial<Record<SplitName, Readonly<Record<string, number>>>>>;
  readonly faults: Faults;
}

/** `shown` is the folder as people know it. Throws `bad-data` with what is gravest of all that it finds. */
export function gatherSamples(config: IngestConfig, listing: FolderListing, layout: Layout, shown: string): Gathered {
  const gathered = examineSamples(config, listing, layout, shown);
  const { classes, pictures, splits } = gathered.faults;
  const gravest = [classes, pictures, splits].find((problems) => problems.length > 0);
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
  const conflicts: BadPicture[] = [];
  const contradicted = new Set<Digest>();
  const twins: string[] = [];
  for (const candidate of good) {
    const digest = listing.digestAt(candidate.index);
    const first = labels.get(digest);
    if (first !== undefined && first.className !== candidate.className) {
      conflicts.push({ path: candidate.path, reason: `has the same bytes as ${first.path}, under another label` });
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
    pictures: pictureFaults(config, { bad, conflicts }, shown),
    splits: splitFaults(counts, classes, config, layout, shown),
  };
  const notes = notesOf({ ignored, twins, leaks: leaks.length }, layout, listing);
  return { classes, samples, paths, bad, ignored, twins, conflicts, leaks, notes, counts, faults };
}

function notesOf(
  { ignored, twins, leaks }: { readonly ignored: readonly BadPicture[]; readonly twins: readonly string[]; readonly leaks: number },
  { strays }: Layout,
  listing: FolderListing,
): { code: string; text: string }[] {
  const notes: { code: string; text: string }[] = [];
  if (ignored.length > 0) notes.push({ code: 'files-ignored', text: `${count(ignored.length, 'file')} in the class folders ${ignored.length === 1 ? 'is no picture' : 'are no pictures'} by name nor content: left out` });
  if (strays.length > 0) notes.push({ code: 'files-outside-classes', text: `${count(strays.length, 'file')} in no class folder${strays.length === 1 ? '' : ', such as'} ${strays[0]}` });
  const unended = listing.paths.filter((_, index) => listing.probeAt(index) === WITHOUT_END);
  if (unended.length > 0) notes.push({ code: 'jpeg-without-end', text: `${count(unended.length, 'JPEG file')} without an end marker, such as ${unended[0]}: read, because all image data is there` });
  for (const { path, why } of listing.passedOver) notes.push({ code: 'passed-over', text: `${path} ${why}` });
  if (twins.length > 0) notes.push({ code: 'same-picture-twice', text: `${count(twins.length, 'file')} with the same bytes as another one of the class: such pictures count once` });
  if (leaks > 0) notes.push({ code: 'picture-in-two-splits', text: `${count(leaks, 'picture')} in more than one split: scores on ${leaks === 1 ? 'it' : 'them'} say nothing` });
  return notes;
}

/** The shares for pictures whose folders leave the split open; a test folder of its own takes none from training. */
function withoutTest({ split }: IngestConfig, { splits }: Layout): { validation: number; test: number } {
  return splits.has('test') ? { ...split, test: 0 } : split;
}

function sortOut(layout: Layout, listing: FolderListing, classes: ReadonlySet<string>): { good: Candidate[]; bad: BadPicture[]; ignored: BadPicture[] } {
  const good: Candidate[] = [];
  const bad: BadPicture[] = [];
  const ignored: BadPicture[] = [];
  for (const candidate of layout.candidates) {
    if (!classes.has(candidate.className)) continue;
    const reason = listing.probeAt(candidate.index);
    if (isUsable(reason)) good.push(candidate);
    else if (hasPictureName(candidate.path)) bad.push({ path: candidate.path, reason });
    else ignored.push({ path: candidate.path, reason });
  }
  return { good, bad, ignored };
}

/** Splits in the order of {@link splitNames}, whichever the first sample is of. */
function countSamples(samples: readonly SampleRow[], classes: readonly string[]): Partial<Record<SplitName, Record<string, number>>> {
  const counts: Partial<Record<SplitName, Record<string, number>>> = {};
  const present = new Set(samples.map(([, , split]) => split));
  for (const split of splitNames.filter((name) => present.has(name))) counts[split] = Object.fromEntries(classes.map((name) => [name, 0]));
  for (const [, label, split] of samples) counts[split]![classes[label]]++;
  return counts;
}

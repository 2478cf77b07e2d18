/** Creates the samples from a folder's images: labels, splits, and everything that is wrong with them. */
import type { BadImage, Faults, Gathered, Note } from './gathered.js';
import { compareCodePoints } from '../../core/canonical.js';
import { classNamesOf, type ClassNames } from '../../core/class-names.js';
import { count } from '../../core/text/count.js';
import type { Digest } from '../../core/digest.js';
import { MOST_NAMES, nameList } from '../../core/text/names.js';
import { PipelineError } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import type { FolderListing, PassedOver } from '../../core/folder-listing.js';
import { splitNames, type SampleRow, type SplitName } from '../../image/dataset.js';
import { isCompanion } from '../../core/clutter.js';
import { hasImageName } from '../../core/image-name.js';
import { HOLDS_PATH } from '../../image/probe.js';
import { imageFaults, splitFaults } from './faults.js';
import type { Candidate, Labeled, Labeling } from './labeling.js';
import { byContent, compareLabels, labelOf } from './content.js';
import { isImageLink } from './layout.js';
import { isUsable, WITHOUT_END } from './probe.js';
import { assignSplits } from './assign-splits.js';
import { limitPerClass } from './per-class.js';
import { groupFaults, ignoredNotes, limitNotes, noClassNotes } from './chosen-notes.js';

/** `folder` is the source as people know it. Throws `bad-data` with the most severe problems. */
export function gatherSamples(
  config: IngestConfig,
  listing: FolderListing,
  labeling: Labeling,
  folder: string,
): Gathered {
  const gathered = examineSamples(config, listing, labeling, folder);
  const { rows, classes, images, splits } = gathered.faults;
  const mostSevere = [rows, classes, images, splits].find((problems) => problems.length > 0);
  if (mostSevere !== undefined) throw new PipelineError('bad-data', mostSevere);
  return gathered;
}

/** The same, with the problems as a part of the result. */
export function examineSamples(
  config: IngestConfig,
  listing: FolderListing,
  labeling: Labeling,
  folder: string,
): Gathered {
  const named = classNamesOf(config);
  const classes = named.names ?? [...new Set(labeling.labels.flatMap((label) => named.of(label) ?? []))];
  const { good, bad, ignored, unread } = sortOut(labeling, listing, named);
  const task = config.task === 'multilabel' ? config.task : undefined;
  const { contradicted, duplicates, conflicts } = compareLabels(good, listing, task);
  const { kept, leftOut } = limitPerClass(
    good.filter(({ index }) => !contradicted.has(listing.digestAt(index))),
    listing,
    config.per_class?.max,
  );
  const { labels, paths } = byContent(kept, listing);
  const { rows, groups, divided } = assignSplits(kept, listing, labeling, config);
  const places = new Map(classes.map((name, index) => [name, index]));
  const samples = rows
    .map(([digest, split]): SampleRow => {
      const { names, weight } = labels.get(digest)!;
      const row = [digest, labelOf(names, places, task), split] as const;
      return weight === undefined ? row : [...row, weight];
    })
    .sort((a, b) => compareCodePoints(a[0], b[0]) || splitNames.indexOf(a[2]) - splitNames.indexOf(b[2]));
  const leaks = samples.flatMap(([digest], index) =>
    digest === samples[index - 1]?.[0] && digest !== samples[index - 2]?.[0] ? digest : [],
  );
  const counts = countSamples(samples, classes);
  const faults: Faults = {
    rows: labeling.rowFaults,
    classes: [...labeling.faults(unread), ...groupFaults(divided, folder)],
    images: imageFaults(config, { bad, conflicts }, folder),
    splits: classes.length === 0 ? [] : splitFaults(counts, classes, labeling, folder),
  };
  const notes = notesOf(
    { ignored, duplicates, leaks: leaks.length, unread, counts, classes },
    labeling,
    [...ignoredNotes(config, labeling), ...limitNotes(leftOut), ...noClassNotes(samples)],
    listing.paths.filter((_, index) => listing.probeAt(index) === WITHOUT_END),
  );
  return {
    classes,
    samples,
    groups: groups && numberGroups(samples, groups),
    paths,
    bad,
    ignored,
    duplicates,
    conflicts,
    leaks,
    notes,
    counts,
    unread,
    faults,
  };
}

function notesOf(
  found: Pick<Gathered, 'ignored' | 'duplicates' | 'unread' | 'counts' | 'classes'> & { readonly leaks: number },
  labeling: Labeling,
  chosen: readonly Note[],
  unended: readonly string[],
): Note[] {
  const { duplicates, leaks, unread, counts, classes } = found;
  // Annotations and tables belong beside images; doctor lists them.
  const ignored = found.ignored.filter(({ path }) => !isCompanion(path));
  const notes: Note[] = [...labeling.notes, ...chosen];
  for (const split of ['validation', 'test'] as const) {
    const few =
      counts[split] === undefined || labeling.splits.has(split)
        ? []
        : classes.filter((name) => counts[split]![name] === 0);
    if (few.length > 0)
      notes.push({
        code: 'too-few-to-split',
        text: `too few images of ${nameList(few)} for the ${split} split: used for training only`,
      });
  }
  if (ignored.length > 0)
    notes.push({
      code: 'files-ignored',
      text: `${count(ignored.length, 'file')} in the class folders ${ignored.length === 1 ? 'is not an image' : 'are not images'} by name or content: left out`,
    });
  if (unended.length > 0)
    notes.push({
      code: 'jpeg-without-end',
      text: `${count(unended.length, 'JPEG file')} without an end marker, such as ${unended[0]}: used, because the image data is complete`,
    });
  for (const { path, why } of unread.slice(0, MOST_NAMES)) notes.push({ code: 'passed-over', text: `${path} ${why}` });
  if (unread.length > MOST_NAMES)
    notes.push({
      code: 'passed-over',
      text: `and ${count(unread.length - MOST_NAMES, 'more file')} not read: \`pipeline doctor FILE --json\` lists all`,
    });
  if (duplicates.length > 0)
    notes.push({
      code: 'same-picture-twice',
      text: `${count(duplicates.length, 'file')} with the same content as another file of the class: counted once`,
    });
  if (leaks > 0)
    notes.push({
      code: 'picture-in-two-splits',
      text: `${count(leaks, 'image')} in more than one split: scores on ${leaks === 1 ? 'it' : 'them'} are meaningless`,
    });
  return notes;
}

interface Sorted {
  readonly good: readonly Candidate[];
  readonly bad: readonly BadImage[];
  readonly ignored: readonly BadImage[];
  readonly unread: readonly PassedOver[];
}

/** A link named like an image that leads nowhere is an image that cannot be used. */
function sortOut(labeling: Labeling, listing: FolderListing, named: ClassNames): Sorted {
  const good: Candidate[] = [];
  const bad: BadImage[] = [];
  const ignored: BadImage[] = [];
  for (const candidate of labeling.candidates) {
    if (!isUsed(candidate, named)) continue;
    const className = candidate.className === undefined ? undefined : named.of(candidate.className);
    const reason = listing.probeAt(candidate.index);
    if (isUsable(reason)) good.push({ ...candidate, className });
    else if (bad.at(-1)?.path === candidate.path || ignored.at(-1)?.path === candidate.path) continue;
    else if (labeling.kind === 'table' || hasImageName(candidate.path)) bad.push({ path: candidate.path, reason });
    else ignored.push({ path: candidate.path, reason });
  }
  const unread: PassedOver[] = [];
  for (const file of listing.passedOver) {
    const place = labeling.placeOf(file.path);
    if (isImageLink(file) && place !== null && isUsed(place, named)) bad.push({ path: file.path, reason: file.why });
    else unread.push(file);
  }
  // A class behind a link that became a text file is missing just as well.
  listing.paths.forEach((path, index) => {
    if (labeling.placeOf(path) === null && listing.probeAt(index).startsWith(HOLDS_PATH))
      unread.push({ path, kind: 'link', why: listing.probeAt(index) });
  });
  return { good, bad, ignored, unread };
}

/** Whether an image is used, by its label; one without any class counts as such. */
function isUsed({ className }: Labeled, named: ClassNames): boolean {
  return className === undefined || named.of(className) !== undefined;
}

/** Groups by number, in the order in which the samples come to them: their names may say who a person is. */
function numberGroups(samples: readonly SampleRow[], groups: ReadonlyMap<Digest, string>): number[] {
  const numbers = new Map<string, number>();
  return samples.map(([digest]) => {
    const name = groups.get(digest)!;
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
}

/** Splits in the order of {@link splitNames}, whichever the first sample is of. */
function countSamples(
  samples: readonly SampleRow[],
  classes: readonly string[],
): Partial<Record<SplitName, Record<string, number>>> {
  const counts: Partial<Record<SplitName, Record<string, number>>> = {};
  const present = new Set(samples.map(([, , split]) => split));
  for (const split of splitNames.filter((name) => present.has(name)))
    counts[split] = Object.fromEntries(classes.map((name) => [name, 0]));
  for (const [, label, split] of samples)
    for (const index of typeof label === 'number' ? [label] : label) counts[split]![classes[index]]++;
  return counts;
}

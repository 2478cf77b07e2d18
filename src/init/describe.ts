/** What `init` saw, in a few lines. */
import { isUnbalanced } from '../core/class-balance.js';
import { formatNames, type ImageFormat } from '../core/image-signatures.js';
import { count } from '../core/text/count.js';
import { plainNames } from '../core/text/names.js';
import type { LabelColumns } from '../sources/label-columns.js';
import type { LabelGuess } from '../sources/label-guess.js';
import { isMultilabel } from '../sources/label-hint.js';
import type { ClassCount, Sample, Survey } from './survey.js';

/** Beyond it, the smallest and the largest class stand for all. */
const MOST_CLASSES = 6;

/** `shown` is the source as people wrote it. */
export function describeSurvey(survey: Survey, shown: string, labels?: LabelGuess): string[] {
  const { images, classes, sample } = survey;
  const several = isMultilabel(labels) ? [`  ${severalText(survey)}`] : [];
  const seen = sample.opened < images ? `a sample of ${sample.opened}` : 'all files';
  return [
    `${shown}: ${count(images, 'image')} in ${classes.length} classes${labels === undefined ? '' : ` by ${placeText(labels)}`}: ${countsOf(classes)}`,
    ...several,
    `  ${seen}: ${sample.sizes.length === 0 ? 'no readable image' : `${formatsOf(sample)}; ${sizesOf(sample)}`}`,
    `  ${troublesOf(survey, isMultilabel(labels))}`,
  ];
}

/** What is in a folder of Parquet files, by their names. */
export function describeShards(
  files: number,
  splits: ReadonlySet<string>,
  shown: string,
  several: LabelColumns | undefined,
): string[] {
  const which = splits.size === 0 ? '' : `, with the splits ${plainNames([...splits])}`;
  return [
    `${shown}: ${count(files, 'Parquet file')}${which}; their images and labels are read as the hub stores them`,
    ...(several === undefined ? [] : [`  multilabel: an image may have several classes, by ${columnsText(several)}`]),
  ];
}

/** Where the labels are, after `by`. */
function placeText(labels: LabelGuess): string {
  if (labels.kind === 'pattern') return `names like ${labels.pattern}`;
  const tables = labels.inSplits?.map(({ path }) => path) ?? [labels.table];
  return columnsText(labels.labels, ` of ${plainNames(tables)}`);
}

function columnsText(columns: LabelColumns, ofTable = ''): string {
  switch (columns.kind) {
    case 'flags':
      return `the ${columns.columns.length} columns of 0 and 1${ofTable}`;
    case 'separated':
      return `the column ${columns.column}${ofTable}, divided at ${JSON.stringify(columns.separator)}`;
    case 'lists':
      return `the lists in the column ${columns.column}${ofTable}`;
    case 'one':
      return `the column ${columns.column}${ofTable}`;
  }
}

/** A table in which every image has one class may be meant otherwise. */
function severalText({ several, none }: Survey): string {
  if (several === 0 && none === 0) return 'multilabel: an image could have several classes, but each has exactly one';
  return `multilabel: ${count(several, 'image')} with several classes, ${none.toLocaleString('en-US')} with none`;
}

function countsOf(classes: readonly ClassCount[]): string {
  const text = ({ name, images }: ClassCount): string => `${name} ${images.toLocaleString('en-US')}`;
  if (classes.length <= MOST_CLASSES) return classes.map(text).join(', ');
  const [least, most] = extremesOf(classes);
  return `from ${text(least)} to ${text(most)}`;
}

/** The smallest and the largest class; the first of equals. */
export function extremesOf(classes: readonly ClassCount[]): readonly [least: ClassCount, most: ClassCount] {
  return [
    classes.reduce((least, one) => (one.images < least.images ? one : least)),
    classes.reduce((most, one) => (one.images > most.images ? one : most)),
  ];
}

function formatsOf({ formats }: Sample): string {
  const counted = Object.entries(formats) as [ImageFormat, number][];
  if (counted.length === 1) return formatNames[counted[0][0]];
  return counted
    .sort((a, b) => b[1] - a[1])
    .map(([format, number]) => `${formatNames[format]} ${number}`)
    .join(', ');
}

function sizesOf({ sizes }: Sample): string {
  const text = (index: number): string => sizes[index].join('x');
  const [first, middle, last] = [text(0), text(Math.floor(sizes.length / 2)), text(sizes.length - 1)];
  return first === last ? `${first} pixels` : `${first} to ${last} pixels, typically ${middle}`;
}

function troublesOf({ sample, classes }: Survey, mayBeSeveral: boolean): string {
  const { unreadable } = sample;
  // An image has the classes of all its copies.
  const conflicts = mayBeSeveral ? 0 : sample.conflicts;
  const duplicates = sample.duplicates + (sample.conflicts - conflicts);
  const [least, most] = extremesOf(classes);
  const found = [
    unreadableOf(unreadable),
    conflicts === 0 ? '' : `${count(conflicts, 'image')} in two classes`,
    duplicates === 0 ? '' : `${count(duplicates, 'duplicate')}`,
    isUnbalanced(least.images, most.images)
      ? `unbalanced: ${most.name} has ${ratioText(most.images / least.images)} the images of ${least.name}`
      : '',
  ].filter(Boolean);
  return found.length === 0 ? 'readable, no duplicates seen, balanced' : found.join('; ');
}

/** One shows what kind of file is meant; `doctor` lists all. */
function unreadableOf(unreadable: Sample['unreadable']): string {
  if (unreadable.length === 0) return '';
  const [{ path, reason }] = unreadable;
  return `${count(unreadable.length, 'file')} cannot be read (${unreadable.length === 1 ? '' : 'the first: '}${path} ${reason})`;
}

/** `3.5 times`. */
export function ratioText(ratio: number): string {
  return `${ratio < 10 ? Number(ratio.toFixed(1)) : Math.round(ratio)} times`;
}

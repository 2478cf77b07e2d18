/** What `ingest` outputs, as the stages that read images see it; what `augment` does is in augmentation.ts. */
import { isDigest, type Digest } from '../core/digest.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isMapOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from '../core/guards.js';
import type { IngestConfig } from '../core/schema-types.js';
import { staysInside } from '../core/paths.js';
import { isRoot } from '../core/source.js';
import type { Multilabel } from '../core/task.js';
import { splitNames, type SplitName } from '../core/split-folders.js';
import { isFit, type Fit } from './fit.js';

/** How every image is brought to the network's input. */
export interface ImageSpec {
  /** [height, width] */
  readonly size: readonly [number, number];
  readonly interpolation: 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';
  readonly orientation: 'exif' | 'stored';
  /** How other proportions are brought to the size; left out where images are stretched. */
  readonly fit?: Fit;
}

/** The image of an ingest stage as later stages see it: fields that do not apply are left out, so that they are in no key. */
export function imageSpecOf({
  size,
  interpolation,
  orientation,
  fit,
  crop_pct,
  crop_rounding,
  fill,
}: IngestConfig['image']): ImageSpec {
  const spec = { size, interpolation, orientation };
  if (fit === 'crop')
    return { ...spec, fit: { kind: fit, crop_pct, ...(crop_rounding === 'even' && { rounding: crop_rounding }) } };
  return fit === 'pad' ? { ...spec, fit: { kind: fit, fill } } : spec;
}

export { splitNames, type SplitName };

/** Output `spec`: what a model has to fit. */
export interface DataSpec {
  /** In the order of the model's outputs. */
  readonly classes: readonly string[];
  readonly image: ImageSpec;
  /** Left out where each image has one class, so that it is in no key. */
  readonly task?: Multilabel;
}

/** The index of an image's class; with `multilabel` those of all its classes, ascending. */
export type Label = number | readonly number[];

/** Labels of some classes as labels of a model: classes are mapped by name, never by position. */
export function relabeling(from: readonly string[], to: readonly string[]): (label: Label) => Label {
  const place = from.map((name) => to.indexOf(name));
  return (label) =>
    typeof label === 'number' ? place[label] : label.map((index) => place[index]).sort((a, b) => a - b);
}

/** One image: its bytes' digest, its label, what it is for, and its weight if a table has weights. */
export type SampleRow = readonly [digest: Digest, label: Label, split: SplitName, weight?: number];

/** Output `samples`: what training reads. No path is in it, so a renamed image changes nothing. */
export interface Samples {
  /** Ordered by digest. */
  readonly samples: readonly SampleRow[];
}

/** Output `groups`, if images are in groups: the number of the group of each sample, in the order of the samples. */
export interface Groups {
  readonly groups: readonly number[];
}

/** Output `summary`: numbers for people. */
export interface DataSummary {
  readonly classes: readonly string[];
  /** Images by split and class. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Images by split, where one may be of several classes. */
  readonly images?: Readonly<Record<string, number>>;
  readonly bad: readonly { readonly path: string; readonly reason: string }[];
}

/** Images by split. */
export function imagesOf(samples: readonly SampleRow[]): Record<string, number> {
  const images: Record<string, number> = {};
  for (const [, , split] of samples) images[split] = (images[split] ?? 0) + 1;
  return images;
}

/** Output `files`: where the images are, for decoding and for reports. It decides nothing and is in no key. */
export interface Files {
  /** The source as the pipeline file names it, or the archive by its digest. */
  readonly root: string;
  readonly onBadImage: 'fail' | 'skip';
  /** Paths below the root by digest; several if the same bytes are in several places. */
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

const isSampleRow: Guard<SampleRow> = (value): value is SampleRow =>
  Array.isArray(value) &&
  (value.length === 3 || (value.length === 4 && isWeight(value[3]))) &&
  isDigest(value[0]) &&
  isLabel(value[1]) &&
  splitNames.includes(value[2] as SplitName);

const isWeight = (value: unknown): boolean => isFiniteNumber(value) && value >= 0;

const isGroups: Guard<Groups> = isShapedAs({ groups: isListOf(isCount) });

const isLabel: Guard<Label> = (value): value is Label =>
  isCount(value) ||
  (Array.isArray(value) &&
    value.every((label, index) => isCount(label) && (index === 0 || label > (value as number[])[index - 1])));

const isSamples: Guard<Samples> = isShapedAs({ samples: isListOf(isSampleRow) });

/** Samples whose labels are of the task, and among its classes. */
export const isSamplesOf =
  ({ classes, task }: DataSpec): Guard<Samples> =>
  (value): value is Samples =>
    isSamples(value) &&
    value.samples.every(([, label]) =>
      typeof label === 'number'
        ? task === undefined && label < classes.length
        : task === 'multilabel' && label.every((one) => one < classes.length),
    );

/** A group for each of so many samples. */
export const isGroupsOf =
  (samples: number): Guard<Groups> =>
  (value): value is Groups =>
    isGroups(value) && value.groups.length === samples;

/** Who can write into a cache must not choose which files are read: every path is one below the root. */
export const isFiles: Guard<Files> = isShapedAs({
  root: isRoot,
  onBadImage: isOneOf('fail', 'skip'),
  paths: isMapOf(isListOf(staysInside), isDigest),
});

export const isImageSpec: Guard<ImageSpec> = isShapedAs({
  size: (value: unknown): value is readonly [number, number] =>
    Array.isArray(value) && value.length === 2 && value.every((extent) => isCount(extent) && extent > 0),
  interpolation: isOneOf('nearest', 'bilinear', 'bicubic', 'lanczos'),
  orientation: isOneOf('exif', 'stored'),
  fit: (value: unknown): value is Fit | undefined => value === undefined || isFit(value),
});

/** Files that have a path for each of the samples. */
export const isFilesOf =
  (samples: readonly SampleRow[]): Guard<Files> =>
  (value): value is Files =>
    isFiles(value) && samples.every(([digest]) => Object.hasOwn(value.paths, digest) && value.paths[digest].length > 0);

export const isDataSpec: Guard<DataSpec> = isShapedAs({
  classes: isListOf(isString),
  image: isImageSpec,
  task: optional(isOneOf('multilabel')),
});

export const isDataSummary: Guard<DataSummary> = isShapedAs({
  classes: isListOf(isString),
  counts: isMapOf(isMapOf(isCount)),
  images: optional(isMapOf(isCount)),
  bad: isListOf(isShapedAs({ path: isString, reason: isString })),
});

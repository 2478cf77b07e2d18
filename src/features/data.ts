/** Reads the outputs of `ingest` and `augment`. */
import type { Digest, BlobRef } from '../core/digest.js';
import type { ImagePlace } from '../core/image-place.js';
import type { Part } from '../core/cross-validation.js';
import type { Outputs } from '../core/stage.js';
import { splitByFold } from '../image/folds.js';
import { isAugmentation, type Augmentation } from '../image/augmentation.js';
import type { Guard } from '../core/guards.js';
import {
  isDataSpec,
  isFilesOf,
  isGroupsOf,
  isSamplesOf,
  type DataSpec,
  type Files,
  type Label,
  type SplitName,
} from '../image/dataset.js';

/** What reading needs from a stage's context. */
interface Reader {
  /** With cross-validation: which images are held out. */
  readonly part?: Part;
  readJson<Value>(ref: BlobRef, isValue: Guard<Value>): Promise<Value>;
  openImages(root: string, namedBy: BlobRef): Promise<ImagePlace>;
}

export interface Data {
  readonly spec: DataSpec;
  readonly files: Files;
  /** The place that the files' paths start from. */
  openImages(): Promise<ImagePlace>;
  /** Undefined if the images are not varied. */
  readonly augmentation: Augmentation | undefined;
  /** Labels by image, ordered by digest. */
  of(split: SplitName): Map<Digest, Label>;
  /** How much an image counts in the loss of training; undefined if all count alike. */
  readonly weights: ReadonlyMap<Digest, number> | undefined;
}

export async function readData(outputs: Outputs, { readJson, openImages, part }: Reader): Promise<Data> {
  const { samples, augmentation } = outputs;
  const spec = await readJson(outputs.spec, isDataSpec);
  const all = (await readJson(samples, isSamplesOf(spec))).samples;
  const files = await readJson(outputs.files, isFilesOf(all));
  const groups =
    part?.kind === 'fold' && outputs.groups !== undefined
      ? (await readJson(outputs.groups, isGroupsOf(all.length))).groups
      : undefined;
  const rows = part === undefined ? all : splitByFold(all, spec.classes, part, groups);
  return {
    spec,
    files,
    openImages: () => openImages(files.root, outputs.files),
    augmentation: augmentation === undefined ? undefined : await readJson(augmentation, isAugmentation),
    weights: rows.some((row) => row[3] !== undefined)
      ? new Map(rows.map(([digest, , , weight]) => [digest, weight ?? 1]))
      : undefined,
    of: (split) => new Map(rows.filter((row) => row[2] === split).map(([digest, label]) => [digest, label])),
  };
}

/** A first look at a folder of images: all names, and the content of a few files. `doctor` decodes every image. */
import { join } from 'node:path';
import { digestOf } from '../core/digest.js';
import { hasImageName } from '../core/image-name.js';
import type { ImageFormat } from '../core/image-signatures.js';
import { readRegular } from '../core/regular-file.js';
import type { SplitName } from '../core/split-folders.js';
import { probeImage } from '../image/probe.js';
import type { Labels } from './labels.js';
import { SIZE_COLUMN, STAT_COLUMNS, type FileList } from '../store/files/file-list.js';

/** Files that are opened, and the most bytes of them. */
const MOST_OPENED = 200;
const MOST_BYTES = 256 * 2 ** 20;
/** A larger one says little about the others, and takes long to read. */
const LARGEST = 64 * 2 ** 20;

export interface ClassCount {
  readonly name: string;
  /** Files named like images, in all splits. */
  readonly images: number;
}

export interface Survey {
  /** In the order of the classes. */
  readonly classes: readonly ClassCount[];
  readonly images: number;
  /** Images with several classes, and with none. */
  readonly several: number;
  readonly none: number;
  /** Splits that folders or a table decide. */
  readonly splits: ReadonlySet<SplitName>;
  readonly sample: Sample;
}

/** What was read of the files that were opened. */
export interface Sample {
  readonly opened: number;
  readonly formats: Readonly<Partial<Record<ImageFormat, number>>>;
  /** Width and height, ordered by area; empty if nothing could be read. */
  readonly sizes: readonly (readonly [width: number, height: number])[];
  /** Files that are not usable as images: the path and the rest of a sentence about it. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Files whose content is that of another one, in the same class and in another. */
  readonly duplicates: number;
  readonly conflicts: number;
}

interface Candidate {
  readonly path: string;
  readonly classNames: readonly string[];
  readonly size: number;
}

/** Looks at the files of a source whose classes are known. Errors of the disk pass through. */
export async function surveyOf({ root, paths, stats }: FileList, labels: Labels): Promise<Survey> {
  const counts = new Map(labels.classes.map((name) => [name, 0]));
  const candidates: Candidate[] = [];
  paths.forEach((path, index) => {
    const classNames = labels.classesOf(path);
    if (classNames === null || !hasImageName(path)) return;
    for (const name of classNames) counts.set(name, (counts.get(name) ?? 0) + 1);
    candidates.push({ path, classNames, size: stats[index * STAT_COLUMNS + SIZE_COLUMN] });
  });
  return {
    classes: [...counts].map(([name, images]) => ({ name, images })),
    images: candidates.length,
    several: candidates.filter(({ classNames }) => classNames.length > 1).length,
    none: candidates.filter(({ classNames }) => classNames.length === 0).length,
    splits: labels.splits,
    sample: await openSome(root, candidates),
  };
}

/** Every n-th file, so that each class is in the sample by its share; and files of one size, which may be the same. */
function chosenOf(candidates: readonly Candidate[]): ReadonlySet<Candidate> {
  const bySize = new Map<number, Candidate[]>();
  for (const one of candidates) {
    const others = bySize.get(one.size);
    if (others === undefined) bySize.set(one.size, [one]);
    else others.push(one);
  }
  const alike = [...bySize.values()].filter((group) => group.length > 1).flat();
  const step = Math.max(1, candidates.length / MOST_OPENED);
  const spread = candidates.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  const chosen = new Set<Candidate>();
  let bytes = 0;
  for (const one of [...spread.slice(0, MOST_OPENED), ...alike.slice(0, MOST_OPENED)]) {
    if (chosen.has(one) || one.size > LARGEST || bytes + one.size > MOST_BYTES) continue;
    bytes += one.size;
    chosen.add(one);
  }
  return chosen;
}

async function openSome(root: string, candidates: readonly Candidate[]): Promise<Sample> {
  const formats: Partial<Record<ImageFormat, number>> = {};
  const sizes: [number, number][] = [];
  const unreadable: { path: string; reason: string }[] = [];
  const classOf = new Map<string, string>();
  const repeated = { duplicates: 0, conflicts: 0 };
  const chosen = chosenOf(candidates);
  for (const { path, classNames } of chosen) {
    const bytes = await readRegular(join(root, path));
    const probed = probeImage(bytes);
    if (!probed.ok) {
      unreadable.push({ path, reason: probed.reason });
      continue;
    }
    formats[probed.format] = (formats[probed.format] ?? 0) + 1;
    sizes.push([probed.width, probed.height]);
    const digest = digestOf(bytes);
    const className = classNames.join('\0');
    const known = classOf.get(digest);
    if (known === undefined) classOf.set(digest, className);
    else repeated[known === className ? 'duplicates' : 'conflicts'] += 1;
  }
  sizes.sort((a, b) => a[0] * a[1] - b[0] * b[1]);
  return { opened: chosen.size, formats, sizes, unreadable, ...repeated };
}

/** What is wrong with a source of images, in sentences with the names of files. */
import { extname } from 'node:path';
import { count } from '../../core/text/count.js';
import type { Digest } from '../../core/digest.js';
import type { Finding } from '../../core/finding.js';
import { isUnbalanced } from '../../core/class-balance.js';
import { own } from '../../core/own.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { formatNames, type ImageFormat } from '../../core/image-signatures.js';
import { imagesOf } from '../../image/dataset.js';
import { badImageRemedy, labelConflictRemedy } from './faults.js';
import type { Gathered } from './gathered.js';
import type { Labeling } from './labeling.js';
import { listed } from './listed.js';

/** What was found in one image; files with the same content share one. */
export interface Seen {
  readonly format?: ImageFormat;
  /** Of the stored pixels, in pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly orientation?: number;
  /** Why it cannot be decoded. */
  readonly fault?: string;
}

export interface Inspected {
  readonly config: IngestConfig;
  readonly labeling: Labeling;
  readonly gathered: Gathered;
  readonly seen: ReadonlyMap<Digest, Seen>;
}

/** Images smaller than the network's input by this factor have too little detail. */
const FAR_SMALLER = 0.5;
/** With fewer images of a class, metrics are unreliable: one image is a fifth of the recall, or more. */
const FEW = 5;

const formats: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.jpe': 'jpeg',
  '.jfif': 'jpeg',
  '.png': 'png',
  '.webp': 'webp',
  '.gif': 'gif',
  '.bmp': 'bmp',
  '.dib': 'bmp',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.avif': 'avif',
};

export function findingsOf(inspected: Inspected): Finding[] {
  const { gathered, labeling } = inspected;
  // Without classes, everything else would follow from that alone.
  if (labeling.labels.length === 0) return refused(inspected);
  return [
    ...decoded(inspected),
    ...refused(inspected),
    ...duplicates(inspected),
    ...unexpected(inspected),
    ...leftOut(inspected),
    ...(inspected.config.task === 'multilabel' ? [] : balance(gathered)),
    ...few(gathered, labeling),
  ];
}

/** How many images can be used. */
function decoded({ gathered, seen }: Inspected): Finding[] {
  const digests = Object.keys(gathered.paths) as Digest[];
  const usable = digests.filter((digest) => seen.get(digest)?.fault === undefined).length;
  if (usable === 0) return [];
  const all = usable === digests.length && gathered.bad.length === 0 ? 'all decoded' : 'decoded';
  const classes = `${gathered.classes.length} ${gathered.classes.length === 1 ? 'class' : 'classes'}`;
  const text = `${count(usable, 'image')} in ${classes}, ${all}: ${countsOf(gathered)}`;
  return [{ level: 'ok', about: 'data', code: 'pictures', text }];
}

/** What a run refuses, or leaves out if the pipeline says `skip`. */
function refused({ config, gathered, seen }: Inspected): Finding[] {
  const broken = pathsWhere(gathered, seen, ({ fault }) => fault !== undefined);
  const bad = [
    ...gathered.bad.map(({ path, reason }) => `${path}: ${reason}`),
    ...broken.map(([path, { fault }]) => `${path}: ${fault}`),
  ].sort();
  const skips = config.on_bad_image === 'skip';
  const corrupt = listed(
    skips ? 'warning' : 'error',
    'corrupt-pictures',
    bad,
    `cannot be used${skips ? ', left out' : ''}`,
    skips
      ? undefined
      : badImageRemedy([...gathered.bad.map(({ reason }) => reason), ...broken.map(([, { fault }]) => fault!)]),
  );
  const { classes, splits } = gathered.faults;
  const omits = config.on_label_conflict === 'skip';
  const labels = listed(
    omits ? 'warning' : 'error',
    'same-picture-two-labels',
    gathered.conflicts.map(({ path, reason }) => `${path}: ${reason}`),
    `same content in two classes${omits ? ', left out' : ''}`,
    omits ? undefined : labelConflictRemedy,
  );
  const rest = [...classes, ...splits].map(({ code, where, found, remedy, command }): Finding => ({
    level: 'error',
    about: 'data',
    code,
    text: [where, found].filter(Boolean).join(': '),
    remedy,
    command,
  }));
  return [...corrupt, ...labels, ...rest];
}

function duplicates({ gathered }: Inspected): Finding[] {
  const leaks = gathered.leaks.map((digest) => gathered.paths[digest].join(' = '));
  const duplicates = new Set(gathered.duplicates);
  const inOneSplit = Object.entries(gathered.paths)
    .filter(
      ([digest, paths]) => paths.some((path) => duplicates.has(path)) && !gathered.leaks.includes(digest as Digest),
    )
    .map(([, paths]) => paths.join(' = '));
  return [
    ...listed(
      'error',
      'picture-in-two-splits',
      leaks,
      'in more than one split, so scores on them are meaningless',
      'keep each image in one split only',
    ),
    ...listed('warning', 'same-picture-twice', inOneSplit, 'duplicates in a class, counted once'),
    ...listed(
      'warning',
      'passed-over',
      gathered.unread.map(({ path, why }) => `${path}: ${why}`),
      'not read',
      undefined,
      'file',
    ),
  ];
}

/** Images that are used but are not what they seem. */
function unexpected({ config, gathered, seen }: Inspected): Finding[] {
  const misnamed = pathsWhere(
    gathered,
    seen,
    ({ format }, path) => format !== undefined && formats[extname(path).toLowerCase()] !== format,
  );
  const [height, width] = config.image.size;
  const tiny = pathsWhere(
    gathered,
    seen,
    (one) => one.width !== undefined && (one.width < width * FAR_SMALLER || one.height! < height * FAR_SMALLER),
  );
  const turned = pathsWhere(gathered, seen, ({ orientation }) => orientation !== undefined && orientation > 1);
  const upright = config.image.orientation === 'exif';
  return [
    ...listed(
      'warning',
      'wrong-extension',
      misnamed.map(([path, { format }]) => `${path}: is a ${formatNames[format!]}`),
      'of a different format than the file name says; the content decides',
    ),
    ...listed(
      'warning',
      'tiny-pictures',
      tiny.map(([path, one]) => `${path}: ${one.width}x${one.height}`),
      `much smaller than the network's input of ${width}x${height}`,
      'lower `image.size`, or use larger images',
    ),
    ...listed(
      upright ? 'note' : 'warning',
      'turned-by-exif',
      turned.map(([path, { orientation }]) => `${path}: orientation ${orientation}`),
      `rotated by the camera (EXIF), ${upright ? 'turned upright' : 'used as stored'}`,
      upright ? undefined : 'write `orientation: exif`',
    ),
  ];
}

/** Files that are not samples of any class. */
function leftOut({ gathered, labeling }: Inspected): Finding[] {
  return [
    ...labeling.findings,
    ...listed(
      'note',
      'files-ignored',
      gathered.ignored.map(({ path, reason }) => `${path}: ${reason}`),
      'in class folders but not images by name or content, left out',
      undefined,
      'file',
    ),
  ];
}

function balance({ counts, classes }: Gathered): Finding[] {
  const row = counts.train ?? {};
  const sizes = classes.map((name) => own(row, name) ?? 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (!isUnbalanced(least, most)) return [];
  const [small, large] = [classes[sizes.indexOf(least)], classes[sizes.indexOf(most)]];
  return [
    {
      level: 'warning',
      about: 'data',
      code: 'class-imbalance',
      text: `${large} has ${most.toLocaleString('en-US')} training images, ${small} ${least.toLocaleString('en-US')}`,
      list: classes.map((name, index) => `${name}: ${sizes[index]}`),
      remedy: 'set `class_weight: balanced` in the train stage, or add images',
    },
  ];
}

function few({ counts, classes }: Gathered, { splits }: Labeling): Finding[] {
  const list = (['validation', 'test'] as const).flatMap((split) =>
    classes.flatMap((name) => {
      const number = own(counts[split], name) ?? 0;
      const measured = counts[split] !== undefined && (number > 0 || !splits.has(split));
      return measured && number < FEW ? `${name}: ${count(number, `${split} image`)}` : [];
    }),
  );
  if (list.length === 0) return [];
  // A share decides only if no folder does.
  const shared = (['validation', 'test'] as const).some((split) => counts[split] !== undefined && !splits.has(split));
  const text = `fewer than ${FEW} images to measure a class with, its metrics are unreliable`;
  return [
    {
      level: 'warning',
      about: 'data',
      code: 'few-pictures',
      text,
      list,
      remedy: shared ? 'add images of the class, or give the split a larger share' : 'add images of the class',
    },
  ];
}

/** Every path whose image matches, in the order of paths. */
function pathsWhere(
  { paths }: Gathered,
  seen: Inspected['seen'],
  matches: (one: Seen, path: string) => boolean,
): [path: string, seen: Seen][] {
  const found = Object.entries(paths).flatMap(([digest, all]) =>
    all.map((path): [string, Seen] => [path, seen.get(digest as Digest) ?? {}]),
  );
  return found.filter(([path, one]) => matches(one, path)).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `train 600, validation 200` */
function countsOf({ counts, samples }: Gathered): string {
  const images = imagesOf(samples);
  return Object.keys(counts)
    .map((split) => `${split} ${images[split].toLocaleString('en-US')}`)
    .join(', ');
}

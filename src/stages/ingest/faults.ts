/** What a run refuses in a source of images, and what to do about it. */
import { MOST_NAMES, nameList } from '../../core/text/names.js';
import { own } from '../../core/own.js';
import type { Problem } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { splitNames } from '../../image/dataset.js';
import { HOLDS_PATH } from '../../image/probe.js';
import type { BadImage, Gathered } from './gathered.js';
import type { Labeling } from './labeling.js';

/** Unsupported image formats that other programs can convert. */
const convertible = /^is an? (BigTIFF|HEIC|JPEG XL|JPEG 2000), expected/;

export function imageFaults(
  config: IngestConfig,
  { bad, conflicts }: Pick<Gathered, 'bad' | 'conflicts'>,
  root: string,
): Problem[] {
  return [
    ...(config.on_bad_image === 'fail'
      ? firstOf(bad, 'bad-picture', root, badImageRemedy(bad.map(({ reason }) => reason)))
      : []),
    ...(config.on_label_conflict === 'fail'
      ? firstOf(conflicts, 'same-picture-two-labels', root, labelConflictRemedy)
      : []),
  ];
}

const converters: Readonly<Record<string, string>> = {
  HEIC: '`heif-convert a.heic a.jpg` of libheif, or `sips -s format jpeg a.heic --out a.jpg` on macOS',
  'JPEG XL': '`djxl a.jxl a.jpg` of libjxl',
  'JPEG 2000': '`magick a.jp2 a.jpg` of ImageMagick',
  BigTIFF: '`magick a.tif a.jpg` of ImageMagick',
};

/** A program that converts a format, with its call. */
function converterOf(kind: string): string {
  return `for example with ${converters[kind]}`;
}

export const labelConflictRemedy = 'remove one file of each pair, or set `on_label_conflict: skip` in the ingest stage';

/** What to do about images with these faults. */
export function badImageRemedy(reasons: readonly string[]): string {
  const kinds = [
    ...new Set(reasons.map((reason) => convertible.exec(reason)?.[1]).filter((kind) => kind !== undefined)),
  ];
  const large = reasons.some((reason) => reason.endsWith('megapixels'));
  const links = reasons.some((reason) => reason.startsWith('is a link'));
  const texts = reasons.some((reason) => reason.startsWith(HOLDS_PATH));
  const others = reasons.some(
    (reason) =>
      !convertible.test(reason) &&
      !reason.endsWith('megapixels') &&
      !reason.startsWith('is a link') &&
      !reason.startsWith(HOLDS_PATH),
  );
  return [
    ...(kinds.length > 0
      ? [`convert the ${kinds.join(', ')} files to JPEG (${kinds.map(converterOf).join('; ')})`]
      : []),
    ...(large ? ['raise `max_megapixels` in the ingest stage'] : []),
    ...(links ? ['fetch the targets of the links (for example with `dvc pull` or `git annex get`)'] : []),
    ...(texts ? ['copy or clone the data again with its symbolic links'] : []),
    ...(others ? [`fix or remove the ${kinds.length > 0 || large || links || texts ? 'other ' : ''}files`] : []),
    'or set `on_bad_image: skip` in the ingest stage',
  ].join(', ');
}

/** The first of many files; the last problem has the remedy for all. */
function firstOf(files: readonly BadImage[], code: string, root: string, remedy: string): Problem[] {
  const problems = files
    .slice(0, MOST_NAMES)
    .map(({ path, reason }): Problem => ({ code, where: `${root}/${path}`, found: reason }));
  const rest = files.length - MOST_NAMES;
  if (rest > 0)
    problems.push({
      code,
      found: `and ${rest.toLocaleString('en-US')} more; \`pipeline doctor FILE --json\` lists all`,
    });
  const last = problems.pop();
  return last === undefined ? [] : [...problems, { ...last, remedy }];
}

/**
 * Every split that folders make needs images of every class, and training always does. If a share decides, a class has
 * too few images at worst, which is not an error unless it leaves nothing to validate on.
 */
export function splitFaults(
  counts: Gathered['counts'],
  classes: readonly string[],
  { splits, kind }: Labeling,
  root: string,
): Problem[] {
  const problems: Problem[] = [];
  for (const name of splitNames) {
    const row = counts[name];
    if (name !== 'train' && !splits.has(name)) continue;
    const lacking = classes.filter((className) => (own(row, className) ?? 0) === 0);
    if (lacking.length === 0) continue;
    problems.push({
      code: 'class-missing-in-split',
      where: root,
      found: `has no ${name === 'train' ? 'training' : name} images of ${nameList(lacking)}`,
      expected: 'images of every class in each split',
      remedy: `add ${kind === 'folders' ? `images of \`${lacking[0]}\` to the ${name} folder` : `${name} images of \`${lacking[0]}\``}`,
    });
  }
  if (problems.length > 0 || counts.validation !== undefined) return problems;
  return [
    {
      code: 'nothing-to-validate',
      where: root,
      found: 'has one image of each class, so none is left for validation',
      expected: 'at least two images per class',
      remedy: 'add images',
    },
  ];
}

/** What people are to know of images that the pipeline leaves out, and of groups that labels divide. */
import { classNameOf } from '../../core/class-layout.js';
import { count } from '../../core/text/count.js';
import { MOST_NAMES, nameList, plainNames } from '../../core/text/names.js';
import type { Problem } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import type { SampleRow } from '../../image/dataset.js';
import type { Assigned } from './assign-splits.js';
import type { Note } from './gathered.js';
import type { Labeling } from './labeling.js';

/** Ignored labels that are not there: they may be misspelled. */
export function ignoredNotes({ ignore = [] }: IngestConfig, { labels }: Labeling): Note[] {
  const missing = ignore.filter((label) => !labels.includes(classNameOf(label)));
  if (missing.length === 0) return [];
  return [
    { code: 'ignored-label-missing', text: `\`ignore\` names ${nameList(missing)}, which no image has as label` },
  ];
}

export function limitNotes(leftOut: ReadonlyMap<string, number>): Note[] {
  if (leftOut.size === 0) return [];
  const total = [...leftOut.values()].reduce((sum, images) => sum + images, 0);
  const classes = [...leftOut].map(([name, images]) => `${name} ${images.toLocaleString('en-US')}`);
  return [
    { code: 'per-class-limit', text: `${count(total, 'image')} left out by \`per_class\`: ${plainNames(classes)}` },
  ];
}

/** Images with no label, where that is allowed: they may have been forgotten. */
export function noClassNotes(samples: readonly SampleRow[]): Note[] {
  const without = samples.filter(([, label]) => typeof label === 'object' && label.length === 0).length;
  if (without === 0) return [];
  const text = `${count(without, 'image')} without a label: used as ${without === 1 ? 'an example' : 'examples'} of no class`;
  return [{ code: 'pictures-without-class', text }];
}

/** Groups on two sides, which only labels can put there. */
export function groupFaults(divided: Assigned['divided'], folder: string): Problem[] {
  if (divided.length === 0) return [];
  const shown = divided
    .slice(0, MOST_NAMES)
    .map(({ group, splits }) => `\`${group}\` (${splits.join(', ')})`)
    .join(', ');
  const rest = divided.length > MOST_NAMES ? ` and ${divided.length - MOST_NAMES} more` : '';
  return [
    {
      code: 'group-in-two-splits',
      where: folder,
      found: `has ${count(divided.length, 'group')} in more than one split: ${shown}${rest}`,
      expected: 'all images of a group in one split',
      remedy: 'correct the splits, or leave them out to split by groups',
    },
  ];
}

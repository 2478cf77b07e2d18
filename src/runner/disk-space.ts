/** Whether the features that a stage needs fit on the disk: shown by a plan, enforced before a stage extracts any. */
import { bytesText } from '../core/text/bytes-text.js';
import { LARGEST_SHARE } from '../core/estimate.js';
import type { Digest } from '../core/digest.js';
import { failure } from '../core/problem.js';
import type { FeatureNeed, Needs } from '../core/stage.js';
import type { Session } from './session.js';

export interface Missing {
  /** Images that have to go through the prefix; each view counts. */
  readonly extract: number;
  readonly reused: number;
  /** On disk. */
  readonly bytes: number;
}

/**
 * Looks up which rows a set lacks. `counted` contains those that earlier stages will add, and these are added to it.
 */
export async function missingOf(
  { features, store, settings }: Session,
  { digests, views, set }: FeatureNeed,
  counted?: Set<string>,
): Promise<Missing> {
  const all = digests.length * views.length;
  if (set?.preimage === undefined) return { extract: all, reused: 0, bytes: 0 };
  const key = features.keyOf(set.preimage);
  const rows = await features.open(set.preimage, set.rowLength);
  const isMissing = (digest: Digest, view: number): boolean =>
    !rows.has(digest, view) && counted?.has(`${key}/${view}/${digest}`) !== true;
  if (views.some((view) => digests.some((digest) => isMissing(digest, view)))) await rows.lookElsewhere();
  let extract = 0;
  for (const view of views) {
    for (const digest of digests) {
      if (!isMissing(digest, view)) continue;
      counted?.add(`${key}/${view}/${digest}`);
      extract++;
    }
  }
  return { extract, reused: all - extract, bytes: store.featureBytes(extract, set.rowLength, settings.featureType) };
}

/** Throws `input-output` if the features that a stage lacks would fill the disk. */
export async function requireRoom(session: Session, { features }: Needs): Promise<void> {
  let bytes = 0;
  let rows = 0;
  for (const need of features) {
    const missing = await missingOf(session, need);
    bytes += missing.bytes;
    rows += missing.bytes === 0 ? 0 : missing.extract;
  }
  const free = await session.store.freeBytes();
  if (bytes <= LARGEST_SHARE * free) return;
  throw failure('input-output', {
    code: 'features-exceed-disk',
    found: `features of ${rows.toLocaleString('en-US')} images need ${bytesText(bytes)}, but only ${bytesText(free)} are free in ${session.store.root}`,
    expected: `at most ${LARGEST_SHARE * 100}% of the free space`,
    remedy: waysOut(session),
  });
}

/** What makes features smaller, or the disk larger. */
export function waysOut({ settings }: Session): string {
  const half = settings.featureType === 'float16' ? '' : '`features: {dtype: float16}` (half the size), ';
  return `${half}fewer \`views\`, a head that starts with global_average_pooling, a larger frozen part, or a cache on another disk (PIPELINE_CACHE)`;
}

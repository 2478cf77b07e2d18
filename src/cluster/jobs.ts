/**
 * What the queue holds. A job is named by what it makes, so that one which is lost, or done twice, costs time and nothing
 * else. Others may reach the queue too: whatever comes from there is checked, and none of it is believed to be a result.
 */
import { canonical, type Json } from '../core/canonical.js';
import {
  digestOf,
  isActionKey,
  isDigest,
  isFeatureSetKey,
  type ActionKey,
  type Digest,
  type FeatureSetKey,
} from '../core/digest.js';
import { isCount, isFiniteNumber, isListOf, isOneOf, isShapedAs, type Guard } from '../core/guards.js';

interface OfStage {
  /** What a worker has to know of the stage: an object of the shared cache. */
  readonly spec: Digest;
}

/** Features of the images `from` to `to` (exclusive) of a list. */
export interface ExtractJob extends OfStage {
  readonly kind: 'extract';
  readonly set: FeatureSetKey;
  /** Of the list, which the worker finds by itself. */
  readonly list: Digest;
  readonly view: number;
  readonly from: number;
  readonly to: number;
}

/** The result of a stage. */
export interface MakeJob extends OfStage {
  readonly kind: 'make';
  readonly key: ActionKey;
}

export type Job = ExtractJob | MakeJob;

const isExtract: Guard<ExtractJob> = isShapedAs({
  kind: isOneOf('extract'),
  spec: isDigest,
  set: isFeatureSetKey,
  list: isDigest,
  view: isCount,
  from: isCount,
  to: isCount,
});
const isMake: Guard<MakeJob> = isShapedAs({ kind: isOneOf('make'), spec: isDigest, key: isActionKey });

export const isJob: Guard<Job> = (value): value is Job => (isExtract(value) && value.from < value.to) || isMake(value);

/** The name of a job in the queue. */
export function jobIdOf(job: Job): string {
  if (job.kind === 'make') return job.key;
  const { set, list, view, from, to } = job;
  return digestOf(canonical({ set, list, view, from, to }));
}

/** The name of a list of images. */
export function listDigestOf(digests: readonly Digest[]): Digest {
  return digestOf(canonical(digests as readonly string[] as Json));
}

/** What a worker answers: where to look next, and how large jobs should be. */
export interface Answer {
  readonly pictures: number;
  readonly ms: number;
  /** Images that cannot be decoded, and have no features therefore. */
  readonly leftOut: readonly Digest[];
}

export const isAnswer: Guard<Answer> = isShapedAs({
  pictures: isFiniteNumber,
  ms: isFiniteNumber,
  leftOut: isListOf(isDigest),
});

/**
 * The names of objects that a team shares. Blobs and packs are named by their own bytes, and go up before the record
 * that names them. A feature set is the union of its packs: no index is shared, and nothing is locked.
 *
 *     v1/blobs/ab/<sha256>                    outputs of stages
 *     v1/records/ab/<key>.json                what a stage produced for a key
 *     v1/packs/<set>/<sha256>.pack            rows of features
 *     v1/pack-records/<set>/<sha256>.json     which rows a pack has
 *     v1/specs/<sha256>.json                  what workers need to know of a stage
 *     v1/checkpoints/<key>                    unfinished work of workers
 *     v1/claims/<key>                         who works on a stage, for workers without a queue
 */
import { fileNameOf, isDigest, type ActionKey, type Digest, type FeatureSetKey } from '../../core/digest.js';

export function blobName(digest: Digest): string {
  return `v1/blobs/${digest.slice(0, 2)}/${fileNameOf(digest)}`;
}

export function recordName(key: ActionKey): string {
  return `v1/records/${key.slice(0, 2)}/${fileNameOf(key)}.json`;
}

export function packsPrefix(set: FeatureSetKey): string {
  return `v1/packs/${fileNameOf(set)}/`;
}

export function packObjectName(set: FeatureSetKey, pack: Digest): string {
  return `${packsPrefix(set)}${fileNameOf(pack)}.pack`;
}

export function packRecordsPrefix(set: FeatureSetKey): string {
  return `v1/pack-records/${fileNameOf(set)}/`;
}

export function packRecordName(set: FeatureSetKey, pack: Digest): string {
  return `${packRecordsPrefix(set)}${fileNameOf(pack)}.json`;
}

export function specName(digest: Digest): string {
  return `v1/specs/${fileNameOf(digest)}.json`;
}

export function checkpointName(key: ActionKey): string {
  return `v1/checkpoints/${fileNameOf(key)}`;
}

export function claimName(key: ActionKey): string {
  return `v1/claims/${fileNameOf(key)}`;
}

/** The pack that an object of {@link packRecordsPrefix} is about; undefined for a name that this tool does not give. */
export function packOfRecord(set: FeatureSetKey, name: string): Digest | undefined {
  const prefix = packRecordsPrefix(set);
  if (!name.startsWith(prefix) || !name.endsWith('.json')) return undefined;
  const pack = name.slice(prefix.length, -'.json'.length);
  return isDigest(pack) ? pack : undefined;
}

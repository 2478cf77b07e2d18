/**
 * The store of a project: blobs, records, features and file digests under one folder.
 *
 *     <root>/v1/blobs/ab/<digest>            bytes by their digest
 *     <root>/v1/records/ab/<key>.json        what a stage produced for a key
 *     <root>/v1/checkpoints/ab/<key>         what a stage keeps of unfinished work for a key
 *     <root>/v1/features/<set>/<digest>.pack rows of features; set.json beside them is for people
 *     <root>/v1/unpacked/<digest>/           files of an archive, by its digest
 *     <root>/v1/roots/<digest>.json          what the last run of a pipeline file needs
 *     <root>/v1/locks/<name>.lock            who is doing which work
 *     <root>/v1/unshared/<place>/<name>      what is still to be sent to a shared cache
 *     <root>/v1/quarantine/                  damaged files, kept as evidence
 *     <root>/v1/tmp/                         files being written
 *     <root>/v1/usage.json                   about how many bytes all of it has
 *     <root>/index/                          digests of people's files, names in their folders; disposable
 *
 * It may forget, but never lie: a published file was complete and hashed to its name; anything else is a miss, reported
 * once.
 */
import { basename, dirname, resolve } from 'node:path';
import { canonical, type Json } from '../core/canonical.js';
import type { ActionKey, Digest, FeatureSetKey, BlobRef } from '../core/digest.js';
import type { RememberedFolders } from '../core/folder-entries.js';
import type { BucketPlace } from '../core/image-place.js';
import { asPipelineError, isMoved } from '../core/problem.js';
import type { SourceStore, VerifiedFile } from '../core/source.js';
import type { LinkPolicy, Probe, Waiting } from '../core/stage.js';
import type { FloatType } from '../core/schema-types.js';
import { Blobs } from './blobs.js';
import { Facts } from './facts.js';
import { nodeFs, type CacheFs } from './disk/cache-fs.js';
import { Checkpoints, type CheckpointStore } from './checkpoints.js';
import type { TrustedKeys } from '../core/signing/envelope.js';
import { packedBytes, packOriginOf, type PackOrigin } from './features/feature-pack.js';
import type { FeatureSet } from './features/features.js';
import { digestFiles, noProbe, type FileDigests } from './files/file-digests.js';
import type { ReadingObjects } from './files/object-digests.js';
import { indexPathOf } from './files/file-index.js';
import { listFile, listFiles, type FileList } from './files/file-list.js';
import { folderIndexOf } from './files/folder-memory.js';
import { Files, type Content, type DamageNote } from './disk/files.js';
import type { Collection } from './upkeep/gc.js';
import { beginJob } from './active-jobs.js';
import { Locks, type Attempt } from './disk/locks.js';
import { usualSealLimits } from './features/pending-rows.js';
import { Records, type Accepts, type ActionRecord, type NewRecord, type Origin } from './records.js';
import { putRoot } from './roots.js';
import type { Remote } from './shared/remote.js';
import type { SharedCache } from './shared/shared-cache.js';
import type { SharedSummary } from './shared/uploads.js';
import { sourceStore } from './source-store.js';
import { noteUnwritten } from './disk/write-errors.js';

export interface StoreOptions {
  /** Called once for everything that was not as it should be. */
  readonly onDamage: (note: DamageNote) => void;
  /** Version of this tool, for the records. */
  readonly tool: string;
  /** The disk; another one in tests. */
  readonly fs?: CacheFs;
  /** The cache of the team. */
  readonly remote?: Remote;
  /** Whose results count among those that came from a shared cache; all if it is left out. */
  readonly trusted?: TrustedKeys;
  /**
   * Set for a process that works for others: it shares unfinished work too, keeps packs as it has shared them, and looks
   * for rows of others only when it is asked to.
   */
  readonly forOthers?: boolean;
}

/** The record of a key, and where it is. */
export interface Hit {
  readonly record: ActionRecord;
  /** Set if it is in the shared cache alone, with the name of who signed it. {@link Store.bring} fetches it. */
  readonly shared?: { readonly by?: string; readonly origin: Origin };
}

export interface Store {
  readonly root: string;
  putBlob(content: Content): Promise<BlobRef>;
  /** Verified bytes, or undefined if the blob is missing or damaged. */
  readBlob(ref: BlobRef): Promise<Buffer | undefined>;
  /** Whether a blob is there with its exact size. */
  hasBlob(ref: BlobRef): Promise<boolean>;
  /** Publishes a record and returns the valid one: an earlier one of the same key wins. */
  putRecord(record: NewRecord): Promise<ActionRecord>;
  /** The record of a key, even if blobs are missing. */
  getRecord(key: ActionKey): Promise<ActionRecord | undefined>;
  /**
   * The record of a key whose blobs are all there, here or in the shared cache. `again`: the shared cache is asked even if
   * it was before.
   */
  hit(key: ActionKey, again?: boolean): Promise<Hit | undefined>;
  /** Brings what is in the shared cache alone. False if it cannot be had after all. */
  bring(hit: Hit): Promise<boolean>;
  /** The cache of the team, if there is one. */
  readonly shared?: SharedStore;
  openFeatures(key: FeatureSetKey, preimage: Json, rowLength: number, type: FloatType): Promise<FeatureSet>;
  /** What rows of features would take on disk. */
  featureBytes(rows: number, rowLength: number, type: FloatType): number;
  /** Free space on the disk that the store is on, or will be on. */
  freeBytes(): Promise<number>;
  /** Digests of a folder's files; unchanged files are not read again, nor are the names in folders that are remembered. */
  digestFolder(root: string, probe: Probe, links?: LinkPolicy, remembered?: RememberedFolders): Promise<FileDigests>;
  /** Digest of one file, likewise. */
  digestFile(path: string): Promise<Digest>;
  /** Digests of the objects of a bucket; unchanged ones are not read again. */
  digestBucket(place: BucketPlace, probe: Probe, reading?: ReadingObjects): Promise<FileDigests>;
  /** A copy of an object of a bucket with this digest, which is fetched unless it is here. */
  bringObject(place: BucketPlace, name: string, digest: Digest): Promise<VerifiedFile>;
  /** Takes the lock of a piece of work, or returns its holder. A lock saves work and guards nothing. */
  tryLock(name: string, label: string): Promise<Attempt>;
  /** The time between two looks at a lock. */
  pause(signal: AbortSignal): Promise<void>;
  /** Does work while no one else does work of this name. */
  during<Result>(name: string, label: string, work: () => Promise<Result>, waiting?: Waiting): Promise<Result>;
  /** Protects whatever this process uses from collection, until the returned function is called. */
  beginJob(): Promise<() => Promise<void>>;
  /** Records what the last run of a pipeline needs, so that it is not collected. A read-only store stays as it is. */
  putRoot(pipeline: string, keys: readonly ActionKey[]): Promise<void>;
  /** Shrinks the store if it exceeds its limit; undefined if it does not. */
  tidy(): Promise<Collection | undefined>;
  /** Unfinished work of stages. */
  readonly checkpoints: CheckpointStore;
  /** What stages found out before they have a result. A store that cannot be written remembers nothing. */
  readonly facts: Pick<Facts, 'recall' | 'remember'>;
  /** For files from elsewhere. */
  readonly sources: SourceStore;
}

/** What can be done with a shared cache beside what {@link Store} does with it on its own. */
export interface SharedStore {
  readonly remote: Remote;
  /** How many things are still to be sent. */
  readonly pending: number;
  /** Waits until what was computed or pushed here is sent, or cannot be. */
  settle(signal?: AbortSignal): Promise<SharedSummary>;
  /** Leaves out what is not sent yet. */
  stop(): void;
  /** Offers a record of this store, and all features that its stage used. */
  push(record: ActionRecord): Promise<void>;
  /** Offers the record of a key. Resolves to whether it is shared; false if it is not in this store. */
  offer(key: ActionKey): Promise<boolean>;
  /** Fetches all features that a stage used; returns how many packs came. */
  pullFeatures(record: ActionRecord): Promise<number>;
}

/** Bytes for rows of features that were read, of all sets together. */
const ROW_MEMORY = 256 * 1024 * 1024;

/** Opens a store. Reads nothing, and makes nothing before the first file is published. */
export async function openStore(
  root: string,
  { onDamage, tool, fs = nodeFs, remote, trusted = remote?.trusted, forOthers = false }: StoreOptions,
): Promise<Store> {
  const files = new Files(root, fs, onDamage);
  const blobs = new Blobs(files);
  const { accepts, acceptsPack } = judgeOf(trusted);
  const memory = { bytes: ROW_MEMORY };
  const records = new Records(files, blobs, tool, accepts);
  // Loaded only if it is used: a run that has nothing to do ends sooner.
  const shared = remote && new (await import('./shared/shared-cache.js')).SharedCache(remote, files, blobs, records);
  const indexOf = (name: string): string => indexPathOf(root, name);
  const digest: DigestListed = (name, listing, probe) => {
    const listedAt = Date.now();
    return digestFiles(files, listing(), listedAt, { indexFile: indexOf(name), probe });
  };
  const locks = new Locks(files);
  const facts = new Facts(blobs, records, tool);
  const unwritten = (error: unknown): undefined => void noteUnwritten(files, error);
  return {
    root,
    tryLock: (name, label) => locks.tryTake(name, label),
    pause: (signal) => locks.pause(signal),
    during: (name, label, work, waiting) => locks.during(name, label, work, waiting),
    beginJob: () => beginJob(files, locks),
    putRoot: (pipeline, keys) => putRoot(files, pipeline, keys).catch(unwritten),
    tidy: async () => (await import('./upkeep/auto-gc.js')).tidy(files, locks).catch(unwritten),
    checkpoints: await checkpointsOf(files, forOthers ? remote : undefined),
    facts: {
      recall: (preimage, isValue) => facts.recall(preimage, isValue),
      remember: (preimage, value) => facts.remember(preimage, value).catch(unwritten),
    },
    sources: sourceStore(files, blobs, records, (folder, name) =>
      digest(name, () => listFiles(folder, 'inside'), noProbe),
    ),
    putBlob: (content) => blobs.put(content),
    readBlob: async (ref) => {
      const bytes = await blobs.read(ref);
      return bytes === undefined && (await shared?.bringBlob(ref)) === true ? blobs.read(ref) : bytes;
    },
    hasBlob: (ref) => blobs.has(ref),
    putRecord: async (record) => {
      const standing = await records.put(record);
      void shared?.offer(standing);
      return standing;
    },
    getRecord: async (key) => (await records.get(key)) ?? (await shared?.hit(key))?.record,
    hit: async (key, again) => {
      const record = await records.hit(key);
      if (record !== undefined) return { record };
      const found = await shared?.hit(key, again);
      return found && { record: found.record, shared: found };
    },
    bring: async ({ record, shared: elsewhere }) =>
      elsewhere === undefined || (await shared?.bring({ record, origin: elsewhere.origin })) === true,
    ...(shared && { shared: sharedStore(shared, files, records) }),
    openFeatures: async (key, preimage, rowLength, type) => {
      // Loaded only if there is work: a run that has nothing to do ends sooner.
      const { FeatureSet } = await import('./features/features.js');
      return FeatureSet.open(files, {
        key,
        preimage,
        rowLength,
        type,
        memory,
        locks,
        ...(shared && { shared: shared.packs(key) }),
        accepts: acceptsPack,
        ...(forOthers ? { merge: 'never', looksInTurn: false } : {}),
      });
    },
    featureBytes: (rows, rowLength, type) => packedBytes(rows, usualSealLimits.rows, { rowLength, type }),
    freeBytes: () => fs.freeBytes(root),
    ...diskFiles(files, digest),
    ...bucketStore(files, blobs, indexOf),
  };
}

/** Digests of what is listed, by the index of a name. */
type DigestListed = (name: string, listing: () => FileList, probe: Probe) => Promise<FileDigests>;

function diskFiles(files: Files, digest: DigestListed): Pick<Store, 'digestFolder' | 'digestFile'> {
  return {
    digestFolder: async (folder, probe, links = 'inside', remembered = undefined) => {
      const list = (): FileList => listFiles(folder, links, remembered?.of(folder));
      const digests = await digest(`folder ${resolve(folder)} ${probe.version}`, list, probe);
      const names = remembered?.leave(folder);
      if (names !== undefined)
        await files.publish(folderIndexOf(files.root, folder), names, { durable: false }).catch(unlessUnwritten);
      return digests;
    },
    digestFile: async (path) =>
      (await digest(`file ${resolve(path)}`, () => listFile(dirname(path), basename(path)), noProbe)).digestAt(0),
  };
}

/** What takes a moment to read again is worth no note. */
function unlessUnwritten(error: unknown): void {
  if (asPipelineError(error).category !== 'input-output' || isMoved(error)) throw error;
}

/** Loaded only if a pipeline reads a bucket. */
function bucketStore(
  files: Files,
  blobs: Blobs,
  indexOf: (name: string) => string,
): Pick<Store, 'digestBucket' | 'bringObject'> {
  const load = async () => {
    const { digestObjects, bringObject } = await import('./files/object-digests.js');
    const { openBucketPlace } = await import('../object-store/bucket-objects.js');
    return { digestObjects, bringObject, openBucketPlace };
  };
  return {
    digestBucket: async (place, probe, reading) => {
      const { digestObjects, openBucketPlace } = await load();
      const indexFile = indexOf(`bucket ${canonical({ ...place })} ${probe.version}`);
      return digestObjects(files, await openBucketPlace(place), { indexFile, probe, reading });
    },
    bringObject: async (place, name, digest) => {
      const { bringObject, openBucketPlace } = await load();
      return bringObject(blobs, await openBucketPlace(place), name, digest);
    },
  };
}

/** Unfinished work; other machines can go on with it if there is a place for it. */
async function checkpointsOf(files: Files, place: Remote | undefined): Promise<CheckpointStore> {
  const here = new Checkpoints(files);
  return place === undefined
    ? here
    : new (await import('./shared/shared-checkpoints.js')).SharedCheckpoints(here, place);
}

/** What counts among results of others. */
function judgeOf(trusted: TrustedKeys | undefined): {
  readonly accepts: Accepts;
  acceptsPack(origin: PackOrigin): boolean;
} {
  if (trusted === undefined) return { accepts: () => true, acceptsPack: () => true };
  const makers = new Set([...trusted.keys()].map(packOriginOf));
  return {
    accepts: ({ signature }) => signature !== undefined && trusted.has(signature.key),
    acceptsPack: (origin) => makers.has(origin),
  };
}

function sharedStore(shared: SharedCache, files: Files, records: Records): SharedStore {
  return {
    remote: shared.remote,
    get pending() {
      return shared.uploads.pending;
    },
    settle: (signal) => shared.settle(signal),
    stop: () => shared.uploads.stop(),
    push: async (record) => {
      const { offerSet } = await import('./shared/whole-sets.js');
      for (const set of record.uses?.features ?? []) await offerSet(files, set, shared.packs(set));
      void shared.offer(record);
    },
    offer: async (key) => {
      const record = await records.hit(key);
      return record !== undefined && shared.offer(record);
    },
    pullFeatures: async ({ uses }) => {
      const { fetchSet } = await import('./shared/whole-sets.js');
      let came = 0;
      for (const set of uses?.features ?? []) came += await fetchSet(files, set, shared.packs(set));
      return came;
    },
  };
}

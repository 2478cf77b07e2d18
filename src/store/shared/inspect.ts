/** A look at everything in a shared cache: how large it is, who signed it, and what of it is incomplete. */
import { isActionKey, isDigest, isFeatureSetKey } from '../../core/digest.js';
import type { SignedKind } from '../../core/signing/envelope.js';
import { isActionRecord, RECORD_LIMIT } from '../records.js';
import type { ObjectStore } from '../../object-store/object-store.js';
import { blobName, packObjectName } from './layout.js';
import { readSmall } from './read-small.js';
import type { Remote } from './remote.js';
import { isPackRecord, PACK_RECORD_LIMIT } from './shared-packs.js';

const kinds = ['blobs', 'records', 'packs', 'pack-records'] as const;
type SharedObjectKind = (typeof kinds)[number];

export interface SharedUsage {
  readonly kind: SharedObjectKind;
  readonly objects: number;
  readonly bytes: number;
}

/** How many objects of each kind there are, and how large they are. Rejects with an ObjectStoreError. */
export async function usageOf({ objects }: Pick<Judged, 'objects'>): Promise<SharedUsage[]> {
  const usage: SharedUsage[] = [];
  for (const kind of kinds) {
    let [number, bytes] = [0, 0];
    for await (const page of objects.list(`v1/${kind}/`)) {
      number += page.length;
      for (const { size } of page) bytes += size;
    }
    usage.push({ kind, objects: number, bytes });
  }
  return usage;
}

export interface SharedVerification {
  /** Records that count, by the name of who signed them; the empty name where no signatures are asked for. */
  readonly accepted: ReadonlyMap<string, number>;
  /** Names of records that do not count, with the reason. */
  readonly refused: ReadonlyMap<string, string>;
  /** Records that count, but name bytes which are missing or have another size. */
  readonly incomplete: readonly string[];
}

type Judged = Pick<Remote, 'seals'> & { readonly objects: ObjectStore };

/** Reads every record and checks its signature, and whether the bytes that it names are there. */
export async function verifyShared({ objects, seals }: Judged): Promise<SharedVerification> {
  const accepted = new Map<string, number>();
  const refused = new Map<string, string>();
  const incomplete: string[] = [];
  const sizes = new Map<string, number>();
  for (const kind of ['blobs', 'packs'])
    for await (const page of objects.list(`v1/${kind}/`)) for (const { name, size } of page) sizes.set(name, size);
  for (const { prefix, kind, limit, partsOf } of recordKinds) {
    for await (const page of objects.list(prefix)) {
      for (const { name } of page) {
        const bytes = await readSmall(objects, name, limit);
        const opened = bytes && seals.open(bytes, kind);
        const parts = opened?.state === 'accepted' ? partsOf(name, opened.value) : undefined;
        if (opened?.state === 'accepted' && parts !== undefined) {
          const by = opened.by ?? '';
          accepted.set(by, (accepted.get(by) ?? 0) + 1);
          if (parts.some((part) => sizes.get(part.name) !== part.size)) incomplete.push(name);
        } else refused.set(name, opened?.state === 'refused' ? opened.reason : 'it is not what its name says');
      }
    }
  }
  return { accepted, refused, incomplete };
}

interface Part {
  readonly name: string;
  readonly size: number;
}

interface RecordKind {
  readonly prefix: string;
  readonly kind: SignedKind;
  readonly limit: number;
  /** The objects that a record names; undefined if it is not the record of this name. */
  partsOf(name: string, value: unknown): readonly Part[] | undefined;
}

const recordKinds: readonly RecordKind[] = [
  {
    prefix: 'v1/records/',
    kind: 'record',
    limit: RECORD_LIMIT,
    partsOf: (name, value) => {
      const key = /\/([^/]*)\.json$/.exec(name)?.[1];
      if (!isActionKey(key) || !isActionRecord(value) || value.key !== key) return undefined;
      return Object.values(value.outputs).map(({ digest, size }) => ({ name: blobName(digest), size }));
    },
  },
  {
    prefix: 'v1/pack-records/',
    kind: 'pack',
    limit: PACK_RECORD_LIMIT,
    partsOf: (name, value) => {
      const [, set, pack] = /\/([^/]*)\/([^/]*)\.json$/.exec(name) ?? [];
      if (!isFeatureSetKey(set) || !isDigest(pack) || !isPackRecord(value)) return undefined;
      if (value.set !== set || value.pack !== pack) return undefined;
      return [{ name: packObjectName(set, pack), size: value.size }];
    },
  },
];

/**
 * Action records: which blobs a stage produced for a key, with the preimage of the key and how they were made.
 * One JSON file per key, `v1/records/ab/<key>.json`, that carries the digest of its own canonical form.
 */
import { join } from 'node:path';
import type { Json } from '../core/canonical.js';
import {
  fileNameOf,
  isActionKey,
  isDigest,
  isFeatureSetKey,
  type ActionKey,
  type Digest,
  type FeatureSetKey,
  type BlobRef,
} from '../core/digest.js';
import type { FeatureCounts } from '../core/event.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isMapOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from '../core/guards.js';
import { isOutputName, isOutputs } from '../core/outputs.js';
import type { Outputs } from '../core/stage.js';
import { isPublicKey, isSignature, type PublicKey, type Signature } from '../core/signing/keys.js';
import type { Blobs } from './blobs.js';
import type { Files } from './disk/files.js';
import { seal, unseal } from './disk/sealed-json.js';
import type { SignatureOf } from './shared/remote.js';

const SCHEMA = 1 as const;
/** A record holds names, digests and a preimage; a preimage may list many things, yet not more than this. */
export const RECORD_LIMIT = 16 * 1024 * 1024;

/** What a stage used of the store beside the outputs of other stages: kept as long as its record is needed. */
export interface Uses {
  readonly features: readonly FeatureSetKey[];
  readonly archives: readonly Digest[];
  readonly downloads: readonly Digest[];
}

/** A record cannot be published because a blob that it names is gone. */
export class MissingBlob extends Error {
  constructor(
    key: ActionKey,
    output: string,
    readonly ref: BlobRef,
  ) {
    super(`the record ${key} names output ${output}, which is not in the store`);
  }
}

export interface NewRecord {
  readonly key: ActionKey;
  /** What the key is the digest of: shown by `explain`, compared never. */
  readonly preimage: Json;
  readonly outputs: Outputs;
  readonly durationMs: number;
  /** Engine and processor, if they decide the last bits: shown by `explain` and reports, in no key. */
  readonly computedBy?: Readonly<Record<string, string>>;
  readonly features?: Readonly<FeatureCounts>;
  readonly uses?: Uses;
}

export interface ActionRecord extends NewRecord {
  readonly schema: typeof SCHEMA;
  /** When it was published, ISO 8601. */
  readonly createdAt: string;
  /** Version of this tool that wrote it. */
  readonly tool: string;
  /** Set if it came from a shared cache, with the signature that it had there. It counts as long as that does. */
  readonly origin?: Origin;
}

export interface Origin {
  readonly signature?: SignatureOf;
}

/** Whether what has an origin counts. */
export type Accepts = (origin: Origin) => boolean;

export class Records {
  constructor(
    private readonly files: Files,
    private readonly blobs: Blobs,
    private readonly tool: string,
    private readonly accepts: Accepts = () => true,
  ) {}

  /**
   * Publishes a record, whose blobs must have been put before it, and returns the valid one: the first with all its
   * blobs wins, so that two runs of one key never continue with different results. Rejects with {@link MissingBlob}.
   */
  async put(record: NewRecord): Promise<ActionRecord> {
    for (const [name, ref] of Object.entries(record.outputs)) {
      if (!isOutputName(name)) throw new TypeError(`an output cannot be called ${JSON.stringify(name)}`);
      if (await this.blobs.has(ref)) continue;
      throw new MissingBlob(record.key, name, ref);
    }
    const full: ActionRecord = { schema: SCHEMA, ...record, createdAt: new Date().toISOString(), tool: this.tool };
    const text = seal(full);
    if (text.length > RECORD_LIMIT) throw new Error(`the record ${record.key} is larger than ${RECORD_LIMIT} bytes`);
    const path = this.pathOf(record.key);
    if (await this.files.publish(path, text, { ifTaken: 'keep' })) return full;
    const standing = await this.hit(record.key);
    if (standing !== undefined) return standing;
    await this.files.publish(path, text);
    return full;
  }

  /** Publishes a record that another machine has made, as it is; one of this store with all its blobs stays. */
  async adopt(record: ActionRecord & { readonly origin: Origin }): Promise<void> {
    if ((await this.hit(record.key)) === undefined) await this.files.publish(this.pathOf(record.key), seal(record));
  }

  /** The record of a key; undefined if there is none, or if it was damaged and is now in quarantine. */
  async get(key: ActionKey): Promise<ActionRecord | undefined> {
    const path = this.pathOf(key);
    const text = await this.files.readIfThere(path, { limit: RECORD_LIMIT, use: true });
    if (text === undefined) return undefined;
    const record = parseRecord(text, key);
    if (typeof record !== 'string') return record;
    await this.files.setAside(path, record);
    return undefined;
  }

  /**
   * The record of a key whose blobs are all there with their exact size. Their bytes are checked when they are read.
   */
  async hit(key: ActionKey): Promise<ActionRecord | undefined> {
    const record = await this.get(key);
    if (record === undefined || (record.origin !== undefined && !this.accepts(record.origin))) return undefined;
    const present = await Promise.all(Object.values(record.outputs).map((ref) => this.blobs.has(ref)));
    return present.every(Boolean) ? record : undefined;
  }

  pathOf(key: ActionKey): string {
    return join(this.files.root, 'v1', 'records', key.slice(0, 2), `${fileNameOf(key)}.json`);
  }
}

/** Reads a record, or returns why it is not valid for this key. */
export function parseRecord(text: Buffer, key: string): ActionRecord | string {
  const record = unseal(text);
  if (typeof record === 'string') return record;
  if (record.key !== key) return 'belongs to another key';
  return isActionRecord(record) ? record : 'not a valid record';
}

const isUses: Guard<Uses> = isShapedAs({
  features: isListOf(isFeatureSetKey),
  archives: isListOf(isDigest),
  downloads: isListOf(isDigest),
});

const isSignatureOf: Guard<SignatureOf> = isShapedAs({
  key: isPublicKey as Guard<PublicKey>,
  value: isSignature as Guard<Signature>,
});

const isJson: Guard<Json> = (value): value is Json => value !== undefined;

export const isActionRecord: Guard<ActionRecord> = isShapedAs({
  schema: isOneOf(SCHEMA),
  key: isActionKey,
  preimage: isJson,
  outputs: isOutputs,
  durationMs: isFiniteNumber,
  computedBy: optional(isMapOf(isString)),
  features: optional(isShapedAs({ extracted: isCount, reused: isCount })),
  uses: optional(isUses),
  createdAt: isString,
  tool: isString,
  origin: optional(isShapedAs({ signature: optional(isSignatureOf) })),
});

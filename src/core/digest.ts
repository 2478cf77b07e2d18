/** Digests of bytes, and the branded names of what was hashed. */
import { createHash } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 of bytes, 64 lowercase hexadecimal characters. */
export type Digest = Branded<'Digest'>;
/** SHA-256 of the preimage of a stage: all that decides its output. */
export type ActionKey = Branded<'ActionKey'>;
/** SHA-256 of the preimage of a feature set: all that decides a feature but the image and its view. */
export type FeatureSetKey = Branded<'FeatureSetKey'>;

/** Hashes bytes, or the UTF-8 form of a text. */
export function digestOf(content: Uint8Array | string): Digest {
  return createHash('sha256').update(content).digest('hex') as Digest;
}

/** Writes the 32 bytes of a SHA-256 as a digest. */
export function toDigest(hash: Uint8Array): Digest {
  if (hash.length !== 32) throw new RangeError(`a SHA-256 has 32 bytes, not ${hash.length}`);
  return Buffer.from(hash.buffer, hash.byteOffset, 32).toString('hex') as Digest;
}

/** Accepts a text as a digest when it has the form of one. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}

/** The same for the key of an action, which has that form too. */
export function isActionKey(text: unknown): text is ActionKey {
  return isDigest(text);
}

export function isFeatureSetKey(text: unknown): text is FeatureSetKey {
  return isDigest(text);
}

/** A digest as the name of a file. Throws if it is anything else: it would name an unintended path. */
export function fileNameOf<Name extends Digest | ActionKey | FeatureSetKey>(digest: Name): Name {
  if (isDigest(digest)) return digest;
  throw new TypeError(`${JSON.stringify(digest)} is not a SHA-256 digest`);
}

/** Bytes in the store. */
export interface BlobRef {
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Values that several machines share, with the signature of the one that computed them. A signature covers the value
 * and what kind of thing it is, but not the name that it is stored under: a value has to name what it is about, and the
 * reader has to compare that with what it asked for.
 */
import { parseOwn } from '../bounded-json.js';
import { canonical, type Json } from '../canonical.js';
import { isShapedAs, type Guard } from '../guards.js';
import { isRecord } from '../is-record.js';
import { isPublicKey, isSignature, verifies, type PublicKey, type Signature, type Signer } from './keys.js';

/** What a signed value is, so that none passes as another kind. */
export type SignedKind = 'record' | 'pack' | 'spec' | 'checkpoint';

/** A value as it is stored, as JSON. */
export interface Signed {
  readonly value: Json;
  /** Undefined if nobody signed it. */
  readonly signature?: { readonly key: PublicKey; readonly value: Signature };
}

/** The keys whose signatures count, with the name of each. */
export type TrustedKeys = ReadonlyMap<PublicKey, string>;

/**
 * What a signature says about a value. `foreign`: made by a key that is not trusted. `forged`: not made by the key that
 * it names, or not for this value. `malformed`: not what {@link signed} returns.
 */
export type Verified =
  | {
      readonly state: 'trusted';
      readonly by: string;
      readonly key: PublicKey;
      readonly signature: Signature;
      readonly value: Json;
    }
  | { readonly state: 'unsigned'; readonly value: Json }
  | { readonly state: 'foreign'; readonly key: PublicKey; readonly signature: Signature; readonly value: Json }
  | { readonly state: 'forged'; readonly key: PublicKey }
  | { readonly state: 'malformed' };

const isSignatureOfKey = isShapedAs({ key: isPublicKey as Guard<PublicKey>, value: isSignature as Guard<Signature> });

/** Signs a value. Throws a TypeError for one that JSON cannot carry, such as NaN. */
export function signed(value: Json, signer: Signer, kind: SignedKind = 'record'): Signed {
  return { value, signature: { key: signer.publicKey, value: signer.sign(messageOf(value, kind)) } };
}

/** Reads the text of a signed value, which anybody may have written. The caller bounds its length. */
export function verifySigned(text: string, trusted: TrustedKeys, kind: SignedKind = 'record'): Verified {
  try {
    return verifyParsed(parseOwn(text), trusted, kind);
  } catch {
    // Not JSON, too many values, infinity, or nested too deeply for the canonical form.
    return { state: 'malformed' };
  }
}

function verifyParsed(envelope: unknown, trusted: TrustedKeys, kind: SignedKind): Verified {
  if (!isRecord(envelope) || !hasOnly(envelope, ['value', 'signature']) || !Object.hasOwn(envelope, 'value'))
    return { state: 'malformed' };
  const value = envelope.value as Json;
  const message = messageOf(value, kind);
  if (!Object.hasOwn(envelope, 'signature')) return { state: 'unsigned', value };
  const { signature } = envelope;
  if (!isSignatureOfKey(signature) || !hasOnly(signature, ['key', 'value'])) return { state: 'malformed' };
  const { key } = signature;
  if (!verifies(key, message, signature.value)) return { state: 'forged', key };
  const by = trusted.get(key);
  const found = { key, signature: signature.value, value };
  return by === undefined ? { state: 'foreign', ...found } : { state: 'trusted', by, ...found };
}

function hasOnly(object: object, names: readonly string[]): boolean {
  return Object.keys(object).every((name) => names.includes(name));
}

/** The bytes that are signed. The prefix keeps a signature from counting for a value of another kind or program. */
function messageOf(value: Json, kind: SignedKind): Uint8Array {
  return Buffer.from(`pipeline-shared-${kind}-1\n${canonical(value)}`);
}

/**
 * Ed25519 keys and signatures in their text forms. Each key and each signature has exactly one text, so texts can be
 * compared in place of bytes.
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `ed25519:` and the 32 bytes of the key in base64. */
export type PublicKey = Branded<'PublicKey'>;
/** The 64 bytes of a signature in base64. */
export type Signature = Branded<'Signature'>;
/** `ed25519-private:` and the 32 bytes of the seed in base64. Never part of a message. */
export type PrivateKeyText = Branded<'PrivateKeyText'>;

/** Signs with a private key, which it does not show. */
export interface Signer {
  readonly publicKey: PublicKey;
  sign(message: Uint8Array): Signature;
}

const publicPrefix = 'ed25519:';
const privatePrefix = 'ed25519-private:';
/** What comes before the 32 bytes of a seed in PKCS #8 (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The last character of 32 or 64 bytes in base64 has bits that stand for nothing, which must be 0. */
export function isPublicKey(value: unknown): value is PublicKey {
  return typeof value === 'string' && /^ed25519:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value);
}

export function isSignature(value: unknown): value is Signature {
  return typeof value === 'string' && /^[A-Za-z0-9+/]{85}[AQgw]==$/.test(value);
}

function isPrivateKeyText(value: string): value is PrivateKeyText {
  return /^ed25519-private:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value);
}

/** Whether a key made a signature of these bytes. */
export function verifies(key: PublicKey, message: Uint8Array, signature: Signature): boolean {
  const x = Buffer.from(key.slice(publicPrefix.length), 'base64').toString('base64url');
  try {
    const object = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, object, Buffer.from(signature, 'base64'));
  } catch {
    // Some versions of OpenSSL refuse bytes that are not a point of the curve before they verify.
    return false;
  }
}

/**
 * The signer of a private key, in our text form or as `openssl genpkey -algorithm ed25519` writes it (PKCS #8 in PEM);
 * undefined for anything else, such as a key of another kind or one with a passphrase.
 */
export function signerOf(privateKey: string): Signer | undefined {
  const object = privateObjectOf(privateKey.trim());
  if (object?.asymmetricKeyType !== 'ed25519') return undefined;
  const { x = '' } = createPublicKey(object).export({ format: 'jwk' });
  const publicKey = `${publicPrefix}${Buffer.from(x, 'base64url').toString('base64')}`;
  if (!isPublicKey(publicKey)) return undefined;
  return { publicKey, sign: (message) => sign(null, message, object).toString('base64') as Signature };
}

function privateObjectOf(text: string): KeyObject | undefined {
  try {
    if (!isPrivateKeyText(text)) return createPrivateKey(text);
    const seed = Buffer.from(text.slice(privatePrefix.length), 'base64');
    return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
  } catch {
    // The error of the library may quote the key.
    return undefined;
  }
}

/** The text of a private key from its 32 bytes, which have to be random and secret. */
export function privateKeyText(seed: Uint8Array): PrivateKeyText {
  if (seed.length !== 32) throw new RangeError(`the seed of a key has 32 bytes, not ${seed.length}`);
  return `${privatePrefix}${Buffer.from(seed).toString('base64')}` as PrivateKeyText;
}

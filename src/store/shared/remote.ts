/** What the store knows of the cache that a team shares: the place, and what may be done with it. */
import type { Json } from '../../core/canonical.js';
import type { SignedKind, TrustedKeys } from '../../core/signing/envelope.js';
import type { PublicKey, Signature } from '../../core/signing/keys.js';
import type { GuardedObjects } from '../../object-store/breaker.js';

/** A statement as it lies in the shared cache, and who made it. */
export type Opened =
  /** `by`: the name of the key that signed it; undefined if no signatures are asked for. */
  | { readonly state: 'accepted'; readonly value: unknown; readonly by?: string; readonly signature?: SignatureOf }
  | { readonly state: 'refused'; readonly reason: string };

/** Signs what is shared, and judges what others have shared. */
export interface Seals {
  /** The bytes of a statement; undefined if this machine has no key to sign it with. */
  close(value: Json, kind: SignedKind): Buffer | undefined;
  open(bytes: Buffer, kind: SignedKind): Opened;
  /** The bytes of a statement of another machine, as they came from there; undefined if they would not be accepted. */
  again(value: Json, signature: SignatureOf | undefined): Buffer | undefined;
}

/** Whose signature a statement has. */
export interface SignatureOf {
  readonly key: PublicKey;
  readonly value: Signature;
}

export type SharedNote = (code: string, text: string) => void;

/** Whether results of this machine go there. `why`: what people should know if they expect that. */
export type Writing = { readonly state: 'on' } | { readonly state: 'off'; readonly why?: string };

export interface Remote {
  readonly objects: GuardedObjects;
  readonly writing: Writing;
  readonly seals: Seals;
  /** Whose signatures count; everybody's if the project has no trust file. */
  readonly trusted?: TrustedKeys;
  readonly note: SharedNote;
}

/** Signatures on what is shared: asked for as soon as a project says whose keys count. */
import { signed, verifySigned, type Signed, type TrustedKeys, type Verified } from '../../core/signing/envelope.js';
import type { Signer } from '../../core/signing/keys.js';
import type { Opened, Seals } from './remote.js';

/** Without `trusted`, everything that is whole is accepted, signed or not; `unchecked` hears of the first. */
export function sealsOf(
  trusted: TrustedKeys | undefined,
  signer: Signer | undefined,
  unchecked: () => void = () => undefined,
): Seals {
  return {
    close(value, kind) {
      // Without a trust file, what this machine used was not checked: its signature would say that it was.
      if (trusted === undefined) return bytesOf({ value });
      return signer === undefined ? undefined : bytesOf(signed(value, signer, kind));
    },
    open(bytes, kind) {
      const found = verifySigned(bytes.toString('utf8'), trusted ?? new Map(), kind);
      if (found.state === 'malformed') return refused('it is not what this tool writes');
      if (found.state === 'forged') return refused('its signature does not match');
      if (trusted === undefined) {
        unchecked();
        return accepted(found);
      }
      if (found.state === 'unsigned') return refused('it is not signed');
      if (found.state === 'foreign') return refused('it is signed with a key that pipeline.trust.yaml does not name');
      return { ...accepted(found), by: found.by };
    },
    again(value, signature) {
      if (trusted === undefined) return bytesOf(signature === undefined ? { value } : { value, signature });
      return signature !== undefined && trusted.has(signature.key) ? bytesOf({ value, signature }) : undefined;
    },
  };
}

function accepted(found: Exclude<Verified, { state: 'malformed' | 'forged' }>): Opened & { state: 'accepted' } {
  const { value } = found;
  if (found.state === 'unsigned') return { state: 'accepted', value };
  return { state: 'accepted', value, signature: { key: found.key, value: found.signature } };
}

function refused(reason: string): Opened {
  return { state: 'refused', reason };
}

function bytesOf(envelope: Signed): Buffer {
  return Buffer.from(JSON.stringify(envelope));
}

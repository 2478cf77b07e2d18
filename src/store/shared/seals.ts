/** Signatures on what is shared: asked for as soon as a project says whose keys count. */
import type { Json } from '../../core/canonical.js';
import { signed, verifySigned, type Signed, type TrustedKeys } from '../../core/signing/envelope.js';
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
      if (signer !== undefined) return bytesOf(signed(value, signer, kind));
      return trusted === undefined ? bytesOf({ value }) : undefined;
    },
    open(bytes, kind) {
      const found = verifySigned(bytes.toString('utf8'), trusted ?? new Map(), kind);
      if (found.state === 'malformed') return refused('it is not what this tool writes');
      if (found.state === 'forged') return refused('its signature does not match');
      if (trusted === undefined) {
        unchecked();
        return accepted(found.value);
      }
      if (found.state === 'unsigned') return refused('it is not signed');
      if (found.state === 'foreign') return refused('it is signed with a key that pipeline.trust.yaml does not name');
      return accepted(found.value, found.by);
    },
  };
}

function accepted(value: Json, by?: string): Opened {
  return { state: 'accepted', value, ...(by === undefined ? {} : { by }) };
}

function refused(reason: string): Opened {
  return { state: 'refused', reason };
}

function bytesOf(envelope: Signed): Buffer {
  return Buffer.from(JSON.stringify(envelope));
}

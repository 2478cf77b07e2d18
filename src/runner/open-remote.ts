/** Opens a shared cache, guarded so that it costs no run, with the keys that count in the project. */
import { resolve } from 'node:path';
import type { CacheConfig } from '../config/pipeline.js';
import { readTrust } from '../config/trust.js';
import { readSigner } from '../core/signing/signing-key.js';
import { guardedStore } from '../object-store/breaker.js';
import { openObjectStore } from '../object-store/open.js';
import { sealsOf } from '../store/shared/seals.js';
import type { Remote, SharedNote, Writing } from '../store/shared/remote.js';

interface RemotePlace {
  /** What the relative path of a folder starts from. */
  readonly folder: string;
  /** The project, whose trust file counts. */
  readonly home: string;
  /** Once off, it is tried again now and then: others leave there what this process waits for. */
  readonly recovers: boolean;
}

const RETRY_MS = 15_000;

export async function openConfigured(
  config: CacheConfig,
  { folder, home, recovers }: RemotePlace,
  note: SharedNote,
  environment: NodeJS.ProcessEnv,
): Promise<Remote> {
  const { remote, mode, ...options } = config;
  const address = isUrl(remote) ? remote : resolve(folder, remote);
  const place = await openObjectStore(address, options, environment);
  const objects = guardedStore(place, {
    onOff: (direction, reason) => {
      const uses = direction === 'read' ? 'reads from' : 'writes to';
      const text = `this run ${recovers ? `${uses} the shared cache no more until it answers` : `no longer ${uses} the shared cache`}`;
      note('shared-cache-off', `${text}: ${reason}`);
    },
    ...(recovers && {
      retryMs: RETRY_MS,
      onBack: (direction) =>
        note('shared-cache-on', `this run ${direction === 'read' ? 'reads from' : 'writes to'} the shared cache again`),
    }),
  });
  // A web server is filled in another way.
  const isRead = mode === 'read' || /^https?:/i.test(address);
  const trusted = (await readTrust({ home }))?.keys;
  // Without a trust file nothing is signed: what this machine used was not checked.
  const signer = isRead || trusted === undefined ? undefined : await readSigner(environment);
  let noted = false;
  const unchecked = (): void => {
    if (!noted)
      note(
        'shared-cache-unsigned',
        `results from ${address} are used without a signature: anyone who can write there decides what they are (\`pipeline cache keygen\` and \`pipeline cache trust\` change that)`,
      );
    noted = true;
  };
  const hasKey = trusted === undefined || (signer !== undefined && trusted.has(signer.publicKey));
  const writing: Writing = isRead
    ? { state: 'off' }
    : hasKey
      ? { state: 'on' }
      : { state: 'off', why: missingKey(signer !== undefined) };
  return { objects, writing, seals: sealsOf(trusted, signer, unchecked), trusted, note };
}

function isUrl(address: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]+:/.test(address);
}

function missingKey(isForeign: boolean): string {
  return isForeign
    ? 'pipeline.trust.yaml does not name the signing key of this machine (`pipeline cache trust NAME KEY` adds it)'
    : 'this machine has no signing key (`pipeline cache keygen`)';
}

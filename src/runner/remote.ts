/** The cache that a project shares: from the pipeline file and the environment to what the store needs of it. */
import { resolve } from 'node:path';
import type { CacheConfig, Pipeline } from '../config/pipeline.js';
import { readTrust } from '../config/trust.js';
import { failure } from '../core/problem.js';
import { readSigner } from '../core/signing/signing-key.js';
import { guardedStore } from '../object-store/breaker.js';
import { openObjectStore } from '../object-store/open.js';
import { sealsOf } from '../store/shared/seals.js';
import type { Remote, SharedNote, Writing } from '../store/shared/remote.js';

type RemoteMode = CacheConfig['mode'];

const modes: readonly string[] = ['read', 'read-write', 'off'] satisfies readonly RemoteMode[];

/** Where the shared cache is and what is done with it; undefined if there is none. Throws `invalid` for an unknown mode. */
function remoteConfigOf(
  { cache, root }: Pick<Pipeline, 'cache' | 'root'>,
  environment: NodeJS.ProcessEnv,
): CacheConfig | undefined {
  const { PIPELINE_REMOTE: named, PIPELINE_REMOTE_MODE: mode } = environment;
  // The file's other fields are about the place that it names.
  const config: CacheConfig | undefined = named ? { remote: resolved(named, '.'), mode: 'read-write' } : cache;
  if (config === undefined || named === 'off') return undefined;
  const used = { ...config, remote: resolved(config.remote, root), ...(mode ? { mode: modeOf(mode) } : {}) };
  return used.mode === 'off' ? undefined : used;
}

/** Opens the shared cache of a project; undefined if it has none. Nothing is asked of it yet. */
export async function openRemote(
  pipeline: Pick<Pipeline, 'cache' | 'root' | 'home'>,
  note: SharedNote,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Remote | undefined> {
  const config = remoteConfigOf(pipeline, environment);
  if (config === undefined) return undefined;
  const { remote: address, mode, ...options } = config;
  const place = await openObjectStore(address, options, environment);
  const objects = guardedStore(place, (direction, reason) =>
    note(
      'shared-cache-off',
      `this run no longer ${direction === 'read' ? 'reads from' : 'writes to'} the shared cache: ${reason}`,
    ),
  );
  // A web server is filled in another way.
  const isRead = mode === 'read' || /^https?:/i.test(address);
  const trusted = (await readTrust(pipeline))?.keys;
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

function missingKey(isForeign: boolean): string {
  return isForeign
    ? 'pipeline.trust.yaml does not name the signing key of this machine (`pipeline cache trust NAME KEY` adds it)'
    : 'this machine has no signing key (`pipeline cache keygen`)';
}

function resolved(address: string, folder: string): string {
  return /^[A-Za-z][A-Za-z0-9+.-]+:/.test(address) ? address : resolve(folder, address);
}

function modeOf(text: string): RemoteMode {
  if (modes.includes(text)) return text as RemoteMode;
  throw failure('invalid', {
    code: 'bad-environment',
    where: 'PIPELINE_REMOTE_MODE',
    found: `must be one of ${modes.join(', ')}, but got \`${text}\``,
  });
}

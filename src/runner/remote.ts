/** Which cache a project shares: what the pipeline file and the environment say. */
import type { CacheConfig, Pipeline } from '../config/pipeline.js';
import { failure } from '../core/problem.js';
import type { Remote, SharedNote } from '../store/shared/remote.js';

type RemoteMode = CacheConfig['mode'];

const modes: readonly string[] = ['read', 'read-write', 'off'] satisfies readonly RemoteMode[];

/** Where the shared cache is and what is done with it; undefined if there is none. Throws `invalid` for an unknown mode. */
function remoteConfigOf(
  cache: CacheConfig | undefined,
  { PIPELINE_REMOTE: named, PIPELINE_REMOTE_MODE: mode }: NodeJS.ProcessEnv,
): CacheConfig | undefined {
  // The file's other fields are about the place that it names.
  const config: CacheConfig | undefined = named ? { remote: named, mode: 'read-write' } : cache;
  if (config === undefined || named === 'off') return undefined;
  const used = { ...config, ...(mode ? { mode: modeOf(mode) } : {}) };
  return used.mode === 'off' ? undefined : used;
}

/**
 * Opens the shared cache of a project; undefined if it has none. Nothing is asked of it yet. `recovers`: for a process
 * that waits for what others leave there.
 */
export async function openRemote(
  pipeline: Pick<Pipeline, 'cache' | 'root' | 'home'>,
  note: SharedNote,
  { recovers = false, environment = process.env }: { recovers?: boolean; environment?: NodeJS.ProcessEnv } = {},
): Promise<Remote | undefined> {
  const config = remoteConfigOf(pipeline.cache, environment);
  if (config === undefined) return undefined;
  // Loaded only if it is used: a run that has nothing to do ends sooner.
  const { openConfigured } = await import('./open-remote.js');
  // A folder that the environment names is meant from here.
  const folder = environment.PIPELINE_REMOTE ? '.' : pipeline.root;
  return openConfigured(config, { folder, home: pipeline.home, recovers }, note, environment);
}

function modeOf(text: string): RemoteMode {
  if (modes.includes(text)) return text as RemoteMode;
  throw failure('invalid', {
    code: 'bad-environment',
    where: 'PIPELINE_REMOTE_MODE',
    found: `must be one of ${modes.join(', ')}, but got \`${text}\``,
  });
}

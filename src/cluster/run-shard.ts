/** Runs one share of a pipeline: everything but the exports, which `pipeline run` makes from what is shared. */
import { loadPipeline } from '../config/load.js';
import type { RunEvent } from '../core/event.js';
import { execute } from '../runner/execute.js';
import { withAncestors, type StageTable } from '../runner/graph.js';
import { loadChecked, type PipelineOptions } from '../runner/open.js';
import { openRemote } from '../runner/remote.js';
import { openSession } from '../runner/session.js';
import { openStore } from '../store/store.js';
import { claimHome } from './home.js';
import { openLog } from './log.js';
import { ShardedWork, type ShardOptions } from './shard.js';
import { checkReached, writable } from './writable.js';

export interface ShardSettings extends ShardOptions {
  readonly file: string | undefined;
  readonly pipeline: PipelineOptions;
  readonly cwd: string;
  /** Where processes have a folder each. */
  readonly home: string;
  readonly stages: StageTable;
  readonly version: string;
  readonly name?: string;
  write(line: string): void;
  readonly signal: AbortSignal;
}

export async function runShard(settings: ShardSettings): ReturnType<typeof execute> {
  const { cwd, version, signal, index, count } = settings;
  const log = openLog(settings.name ?? `shard-${index}`, settings.write);
  const note = (code: string, text: string): void => log.info({ event: 'note', code, text });
  const written = await loadChecked(settings.file, settings.pipeline, cwd);
  const { file, root, cache, source } = written;
  const remote = writable(await openRemote({ cache, root, home: root }, note, { recovers: true }), '--shard');
  await checkReached(remote);
  const home = await claimHome(settings.home, version);
  // Each process has a cache of its own below it.
  delete process.env.PIPELINE_CACHE;
  const given = { text: source.text, place: { file, root, home } };
  const pipeline = await loadPipeline(file, { set: source.set, cwd, given });
  const onDamage = ({ path, reason }: { path: string; reason: string }): void =>
    note('cache-damage', `${path}: ${reason}`);
  const session = await openSession(
    pipeline,
    settings.stages,
    (store, fs) => openStore(store, { onDamage, tool: version, fs, remote, forOthers: true }),
    (event) => logged(event) && log.info(event),
  );
  log.info({ event: 'ready', shard: index, shards: count, cache: remote.objects.address, project: root });
  const delegate = new ShardedWork(session.graph, remote, settings);
  const heavy = session.graph.nodes.filter((node) => delegate.takes(node)).map(({ stage }) => stage.name);
  const selected = withAncestors(session.graph, heavy);
  return execute(session, { selected, forced: new Set(), jobs: 1, signal, delegate });
}

/** Progress comes ten times a second. */
function logged({ event }: RunEvent): boolean {
  return event !== 'progress' && event !== 'epoch';
}

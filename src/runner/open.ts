/** From a pipeline file to a session: what commands and the library begin with. */
import { loadPipeline } from '../config/load.js';
import { readTrust } from '../config/trust.js';
import { onlyPipelineIn } from '../config/only-file.js';
import type { Pipeline } from '../config/pipeline.js';
import type { PipelinePlace } from '../config/project-root.js';
import type { Emit } from '../core/event.js';
import { cachePlaceOf } from './cache-place.js';
import { projectOf } from './checkout/project.js';
import type { StageTable } from './graph.js';
import { openRemote } from './remote.js';
import { openSession, type Session, type SessionOptions } from './session.js';
import { FolderMemory } from '../store/files/folder-memory.js';
import { limitsFrom } from '../store/limits.js';
import { openStore } from '../store/store.js';

/** What changes a pipeline for one call. */
export interface PipelineOptions {
  /** `path=value`, such as `stages.train.epochs=10`. */
  readonly set?: readonly string[];
  readonly engine?: string;
  readonly device?: string;
  readonly requireSameMachineClass?: boolean;
}

/** The tool that opens a session. */
export interface Tool {
  readonly stages: StageTable;
  readonly version: string;
}

/** Loads and checks a pipeline file: the only one in this folder if none is named. */
export async function loadChecked(
  file: string | undefined,
  { set = [], engine, device }: PipelineOptions,
  cwd: string,
): Promise<Pipeline> {
  return loadPipeline(file ?? (await onlyPipelineIn(cwd)), {
    set: [
      ...set,
      ...(engine === undefined ? [] : [`engine.name=${engine}`]),
      ...(device === undefined ? [] : [`engine.device=${device}`]),
    ],
    cwd,
    remembered,
  });
}

/** In the cache of the project; without one that can be used, which is reported later, folders are read. */
function remembered(place: PipelinePlace): FolderMemory | undefined {
  try {
    return new FolderMemory(cachePlaceOf(projectOf(place)).root);
  } catch {
    return undefined;
  }
}

/**
 * Opens a session; damage in the cache is reported as a note. Throws `invalid` for invalid limits in the environment.
 */
export async function openFor(
  pipeline: Pipeline,
  { stages, version }: Tool,
  emit: Emit,
  options: SessionOptions = {},
): Promise<Session> {
  // Needed only when the work is done, which would be too late to report it.
  limitsFrom(process.env);
  const note = (code: string, text: string): void => emit({ event: 'note', code, text });
  // An offline run asks nothing of the network, and what only looks at results needs no others.
  const remote =
    options.offline === true
      ? undefined
      : await openRemote(pipeline, note, { recovers: options.workers !== undefined });
  // Also without a network: results that came from there before count as long as their maker is trusted.
  const trusted = remote === undefined ? (await readTrust(pipeline))?.keys : remote.trusted;
  const onDamage = ({ path, reason }: { path: string; reason: string }) => note('cache-damage', `${path}: ${reason}`);
  return openSession(
    pipeline,
    stages,
    (root, fs) => openStore(root, { onDamage, tool: version, fs, remote, trusted }),
    emit,
    options,
  );
}

/** From a pipeline file to a session: what commands and the library begin with. */
import { lintAgainstFolders } from '../config/lint/folders.js';
import { loadPipeline } from '../config/load.js';
import { onlyPipelineIn } from '../config/only-file.js';
import type { Pipeline } from '../config/pipeline.js';
import type { Emit } from '../core/event.js';
import { PipelineError } from '../core/problem.js';
import type { StageTable } from '../runner/graph.js';
import { openSession, type Session } from '../runner/session.js';
import type { SourceOptions } from '../runner/source-host.js';
import { limitsFrom } from '../store/limits.js';
import { openStore } from '../store/store.js';

/** What changes a pipeline for one call. */
export interface PipelineOptions {
  /** `path=value`, such as `stages.train.epochs=10`. */
  readonly set?: readonly string[];
  readonly engine?: string;
}

/** The tool that opens a session. */
export interface Tool {
  readonly stages: StageTable;
  readonly version: string;
}

/** Loads and checks a pipeline file, the one that lies here where none is named; against the folders of pictures too where they can be listed. */
export async function loadChecked(file: string | undefined, { set = [], engine }: PipelineOptions, cwd: string): Promise<Pipeline> {
  const pipeline = await loadPipeline(file ?? (await onlyPipelineIn(cwd)), { set: engine === undefined ? set : [...set, `engine=${engine}`], cwd });
  const { problems, warnings } = await lintAgainstFolders(pipeline);
  if (problems.length > 0) throw new PipelineError('invalid', problems);
  return { ...pipeline, warnings: [...pipeline.warnings, ...warnings] };
}

/** Opens a session; damage in the cache is said as a note. Throws `invalid` where the environment has limits that are none. */
export async function openFor(pipeline: Pipeline, { stages, version }: Tool, emit: Emit, options: SourceOptions = {}): Promise<Session> {
  // Asked for when the work is done, which would be too late to tell.
  limitsFrom(process.env);
  const onDamage = ({ path, reason }: { path: string; reason: string }) => emit({ event: 'note', code: 'cache-damage', text: `${path}: ${reason}` });
  return openSession(pipeline, stages, (root) => openStore(root, { onDamage, tool: version }), emit, options);
}

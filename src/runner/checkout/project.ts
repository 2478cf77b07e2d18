/** The places of a pipeline's project on disk. */
import { join, resolve, basename, extname } from 'node:path';
import type { Pipeline } from '../../config/pipeline.js';
import { projectRootOf } from '../../config/project-root.js';
import { shownFrom } from '../../core/paths.js';

export interface Project {
  readonly root: string;
  /** Absolute path of the store; `PIPELINE_CACHE` moves it. */
  readonly store: string;
  readonly checkout: string;
  readonly runs: string;
  /** How fast this machine turned out to be. */
  readonly rates: string;
  /** Files of a stage for people to read. */
  folderOf(stage: string): string;
  /** The absolute path of a path in the pipeline file. */
  resolvePath(path: string): string;
  /** A path as people read it: relative where it is inside the project. */
  display(path: string): string;
}

/** The project that a folder is in, for what is about none of its pipelines. */
export function projectIn(folder: string): Project {
  return projectOf({ file: join(folder, 'none.yaml'), root: projectRootOf(folder) });
}

export function projectOf(
  pipeline: Pick<Pipeline, 'file' | 'root'>,
  environment: NodeJS.ProcessEnv = process.env,
): Project {
  const state = join(pipeline.root, '.pipeline');
  const file = basename(pipeline.file, extname(pipeline.file));
  return {
    root: pipeline.root,
    store: environment.PIPELINE_CACHE ? resolve(environment.PIPELINE_CACHE) : join(state, 'cache'),
    checkout: join(state, 'state', `${file}.json`),
    runs: join(state, 'runs'),
    rates: join(state, 'rates.json'),
    folderOf: (stage) => join(state, 'out', file, stage),
    resolvePath: (path) => resolve(pipeline.root, path),
    display: (path) => shownFrom(pipeline.root, path),
  };
}

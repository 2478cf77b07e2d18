/** The places of a pipeline's project on disk. */
import { join, resolve } from 'node:path';
import { type PipelinePlace, projectRootOf } from '../../config/project-root.js';
import { shownFrom } from '../../core/paths.js';
import { plainNameOf, stateNameOf } from './state-name.js';

export interface Project {
  /** Everything that is written is in it. */
  readonly home: string;
  /** Absolute path of the store; `PIPELINE_CACHE` moves it. */
  readonly store: string;
  readonly checkout: string;
  /** Where a recipe kept it before the project had a file of the same name; else the same. */
  readonly checkoutBefore: string;
  readonly runs: string;
  /** How fast this machine is. */
  readonly rates: string;
  /** Files of a stage for people to read. */
  folderOf(stage: string): string;
  /** The absolute path of a path in the pipeline file that is read. */
  resolvePath(path: string): string;
  /** The absolute path of a path in the pipeline file that is written. */
  resolveOutput(path: string): string;
  /** A path as people read it: relative where it is inside the project. */
  display(path: string): string;
}

/** The project that a folder is in, for what is about none of its pipelines. */
export function projectIn(folder: string): Project {
  const root = projectRootOf(folder);
  return projectOf({ file: join(folder, 'none.yaml'), root, home: root });
}

export function projectOf(place: PipelinePlace, environment: NodeJS.ProcessEnv = process.env): Project {
  const { root, home } = place;
  const state = join(home, '.pipeline');
  const name = stateNameOf(place);
  return {
    home,
    store: environment.PIPELINE_CACHE ? resolve(environment.PIPELINE_CACHE) : join(state, 'cache'),
    checkout: join(state, 'state', `${name}.json`),
    checkoutBefore: join(state, 'state', `${plainNameOf(place)}.json`),
    runs: join(state, 'runs'),
    rates: join(state, 'rates.json'),
    folderOf: (stage) => join(state, 'out', name, stage),
    resolvePath: (path) => resolve(root, path),
    resolveOutput: (path) => resolve(home, path),
    display: (path) => shownFrom(home, path),
  };
}

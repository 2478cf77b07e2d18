/** What the place of a pipeline file says: which project it is of, and how it is called. */
import { basename, dirname, sep } from 'node:path';

/** The project of a folder with pipeline files: `pipelines/` is a folder of one; any other is its project's root. */
export function projectRootOf(folder: string): string {
  return basename(folder) === 'pipelines' ? dirname(folder) : folder;
}

/** Where a pipeline file reads and where it writes. All paths are absolute. */
export interface PipelinePlace {
  readonly file: string;
  /** The folder that paths of what is read start from: the file's own, or the one above `pipelines/`. */
  readonly root: string;
  /** The folder of what is written, and of `.pipeline`: the root, but for a file of an installed package. */
  readonly home: string;
}

/**
 * The place of a pipeline file, as a call in the folder `cwd` sees it. A file below `node_modules` is a recipe of an
 * installed package: the next installation removes what is written there, so its results go to the project of the call.
 */
export function pipelinePlaceOf(file: string, cwd: string): PipelinePlace {
  const folder = dirname(file);
  const root = projectRootOf(folder);
  return { file, root, home: folder.split(sep).includes('node_modules') ? projectRootOf(cwd) : root };
}

/** A text in the form that a pipeline's `name` takes; `otherwise` if nothing of it fits. */
export function pipelineNameOf(text: string, otherwise = 'pipeline'): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || otherwise;
}

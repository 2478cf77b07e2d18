/** What the place of a pipeline file says: which project it is of, and how it is called. */
import { basename, dirname } from 'node:path';

/** The project of a folder with pipeline files: `pipelines/` is a folder of one; any other is its project's root. */
export function projectRootOf(folder: string): string {
  return basename(folder) === 'pipelines' ? dirname(folder) : folder;
}

/** A text in the form that a pipeline's `name` takes; `otherwise` where nothing of it fits. */
export function pipelineNameOf(text: string, otherwise = 'pipeline'): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || otherwise;
}

/** A source that is not there, or not one. */
import { failure, type PipelineError } from '../../core/problem.js';
import { shellPath } from '../../core/text/shell-path.js';

/** `source` is what the pipeline says; `isThere` if a file of another kind is in its place. */
export function sourceMissing(source: string, isThere: boolean): PipelineError {
  const forShell = shellPath(source);
  return failure('bad-data', {
    code: 'source-missing',
    where: source,
    field: ['source'],
    found: isThere
      ? 'is not a folder, an archive (.zip, .tar or .tar.gz), a Parquet file or a table of URLs'
      : `does not exist${forShell ? `: ${forShell.found}` : ''}`,
    expected: 'a folder of images with one folder per class, or an archive of one',
    remedy:
      (isThere ? undefined : forShell?.remedy) ??
      'correct `source`: it is relative to the folder of the pipeline file, or to the folder above if that is `pipelines/`',
  });
}

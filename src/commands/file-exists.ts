/** The refusal to overwrite a file that a command would write. */
import { failure, type PipelineError } from '../core/problem.js';

export interface Existing {
  readonly file: string;
  /** What the file is not, where another one of its kind would be overwritten. */
  readonly isNot?: string;
  /** The option that names another file. */
  readonly option: string;
  /** What else helps. Default: moving the file away. */
  readonly otherwise?: string;
}

export function fileExists({ file, isNot, option, otherwise = 'move this one away' }: Existing): PipelineError {
  return failure('invalid', {
    code: 'file-exists',
    where: file,
    found: `already exists${isNot === undefined ? '' : ` and is not ${isNot}`}`,
    expected: isNot === undefined ? 'a new file' : undefined,
    remedy: `choose another file with ${option}, or ${otherwise}`,
  });
}

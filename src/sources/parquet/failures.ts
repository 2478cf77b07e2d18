/** Why a Parquet file is not read, in sentences. */
import { isNativeError } from 'node:util/types';
import { failure, PipelineError } from '../../core/problem.js';

/** A file that is not Parquet, or is damaged. */
export function damagedParquet(where: string, found: string, cause?: unknown): PipelineError {
  return failure(
    'bad-data',
    {
      code: 'parquet-damaged',
      where,
      found,
      expected: 'a complete Parquet file',
      remedy: 'download or write it again',
    },
    cause,
  );
}

/** A file that is not damaged, but uses what is not read. */
export function unsupportedParquet(where: string, found: string, expected: string, remedy: string): PipelineError {
  return failure('bad-data', { code: 'parquet-unsupported', where, found, expected, remedy });
}

/** A file that would take more memory or disk than its size justifies. */
export function unsafeParquet(where: string, found: string): PipelineError {
  return failure('unsafe', {
    code: 'parquet-too-large',
    where,
    found,
    expected: 'a Parquet file of images or labels',
    remedy: 'if you trust it, write it again with smaller row groups (`row_group_size=1000` in pyarrow)',
  });
}

/** Failures of ours and of the disk pass through; whatever hyparquet throws means that the file is damaged. */
export function asParquetFailure(error: unknown, where: string): unknown {
  if (error instanceof PipelineError || (isNativeError(error) && ('syscall' in error || error.name === 'AbortError')))
    return error;
  return damagedParquet(where, `is damaged (${isNativeError(error) ? error.message : String(error)})`, error);
}

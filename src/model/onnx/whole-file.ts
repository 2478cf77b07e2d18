/** The one failure for bytes that are not a complete ONNX file. */
import { failure } from '../../core/problem.js';

/** Reads, and reports the RangeError of a reader as `bad-data`; `where` names the file. */
export function wholeFile<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const found = `is not a complete ONNX file: ${error.message}`;
    throw failure(
      'bad-data',
      { code: 'not-onnx', where, found, expected: 'an .onnx file', remedy: 'download it again' },
      error,
    );
  }
}

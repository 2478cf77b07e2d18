/** Reads one of Keras's files as bytes, once: the digest is that of the bytes which the model came from. */
import { digestOf, type Digest } from '../../core/digest.js';
import { readRegular } from '../../core/regular-file.js';
import type { Graph } from '../graph.js';
import type { Weights } from '../tensor.js';
import { damaged, largestFile } from './hdf5.js';
import { readH5 } from './read-h5.js';
import { readKeras } from './read-keras.js';
import type { ReadTask } from './read-worker.js';

export interface KerasModel {
  readonly graph?: Graph;
  readonly weights: Weights;
  /** Of the file. */
  readonly digest: Digest;
}

/** Throws `bad-data` and `unsafe`; errors of the disk pass through. */
export async function readKerasBytes({ path, format, options }: ReadTask): Promise<KerasModel> {
  const tooLarge = (size: number) => damaged(path, `the file has ${size} bytes`, `at most ${largestFile}`);
  const bytes = await readRegular(path, { tooLarge });
  // Before the HDF5 library, which may write into the bytes that it is given.
  const digest = digestOf(bytes);
  return { ...(format === 'zip' ? await readKeras(bytes, path, options) : await readH5(bytes, path, options)), digest };
}

/** Reads one of Keras's files as bytes, once: the digest is that of the bytes which the model came from. */
import { digestOf } from '../../core/digest.js';
import { readRegular } from '../../core/regular-file.js';
import { damaged, largestFile } from './hdf5.js';
import { readH5 } from './read-h5.js';
import { readKeras } from './read-keras.js';
import type { KerasModel, ReadTask } from './read-task.js';

/** Throws `bad-data` and `unsafe`; errors of the disk pass through. */
export async function readKerasBytes({ path, format, options }: ReadTask): Promise<KerasModel> {
  const tooLarge = (size: number) => damaged(path, `the file has ${size} bytes`, `at most ${largestFile}`);
  const bytes = await readRegular(path, { tooLarge });
  // Before the HDF5 library, which may write into the bytes that it is given.
  const digest = digestOf(bytes);
  return { ...(format === 'zip' ? await readKeras(bytes, path, options) : await readH5(bytes, path, options)), digest };
}

/** Reads an ONNX base from disk: the network with the tensors of the files beside it. */
import { basename, dirname, relative } from 'node:path';
import { ModelFolder, type ExpectedDigests } from '../model-folder.js';
import { withoutExternal } from './external-data.js';
import { wholeFile } from './whole-file.js';

/**
 * All tensors are read with the bytes that were hashed: `files` holds the digests of the network and of what it names.
 * `where` is what people know it by.
 */
export async function readNetwork(path: string, files: ExpectedDigests, where: string): Promise<Uint8Array> {
  const folder = ModelFolder.of(path, files);
  const network = await folder.read(basename(path));
  const beside = [...files.keys()].filter((file) => file !== path);
  const read = await Promise.all(
    beside.map(async (file): Promise<[string, Uint8Array]> => {
      const name = relative(dirname(path), file);
      return [name, await folder.read(name)];
    }),
  );
  return wholeFile(where, () => withoutExternal(network, new Map(read), where));
}

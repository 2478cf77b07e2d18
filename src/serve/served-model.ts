/** An exported model of either format, as the server sees it. */
import { basename, dirname, resolve } from 'node:path';
import type { Digest } from '../core/digest.js';
import type { LayersModelFacts, OnnxFacts } from '../model/served-facts.js';
import type { OpenModel } from '../predict/open-model.js';

/** What depends on the server. */
type Served = 'id' | 'margin' | 'examples';

export interface ServedModel {
  readonly folder: string;
  /** The files in the folder that make the model up by name, with the digests of the bytes that were read. */
  readonly files: ReadonlyMap<string, Digest>;
  /** What the page learns of the model itself. */
  readonly facts: Omit<LayersModelFacts, Served> | Omit<OnnxFacts, Served>;
}

export function servedModelOf(bundle: OpenModel['bundle']): ServedModel {
  const { classes, thresholds, image, preprocessing } = bundle;
  const list = { classes, ...(thresholds && { thresholds }) };
  if (bundle.format !== 'onnx') {
    const { folder, files } = bundle;
    const name = basename(resolve(folder));
    return { folder, files, facts: { format: bundle.format, name, ...list, image, preprocessing } };
  }
  const { path, digest, input, output } = bundle;
  const [folder, file] = [dirname(path), basename(path)];
  // A file that was moved elsewhere is known by its own name.
  const name = file === 'model.onnx' ? basename(resolve(folder)) : file.replace(/\.onnx$/, '');
  return {
    folder,
    files: new Map([[file, digest]]),
    facts: {
      format: 'onnx',
      name,
      ...list,
      image,
      preprocessing,
      file,
      input: input.name,
      output: output.name,
    },
  };
}

/**
 * What a path that is named as a model leads to: a file that is read, a folder with one in it, or something else, in
 * words.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { failure, type PipelineError } from '../../core/problem.js';
import { openRegular } from '../../core/regular-file.js';
import { formatOfBytes, headBytes, remedies, type OtherFormat, type ReadableFormat } from './signatures.js';

/** The files that a base may come in, for messages. */
export const baseFormats = 'a TF.js layers-model (its model.json), or a .h5 or .keras file from Keras';

export type Identified =
  | {
      readonly kind: 'readable';
      readonly format: ReadableFormat;
      /** Of the file itself, if a folder was named. */ readonly path: string;
    }
  | ({ readonly kind: 'other' } & OtherFormat);

/** Looks at a path, not further than at the first bytes of a file. Errors of the disk pass through. */
export async function identify(path: string): Promise<Identified> {
  if ((await stat(path)).isDirectory()) return identifyFolder(path);
  const file = await openRegular(path, { expected: baseFormats });
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    const found = formatOfBytes(head.subarray(0, bytesRead), size);
    if (typeof found === 'string') return { kind: 'readable', format: found, path };
    return { kind: 'other', ...(found ?? (await unknown(path, head.subarray(0, bytesRead)))) };
  } finally {
    await file.close();
  }
}

/** A path that can be read as a base. Throws `bad-data` for everything else; `shown` is the path as people wrote it. */
export async function requireReadable(path: string, shown = path): Promise<Extract<Identified, { kind: 'readable' }>> {
  const found = await identify(path);
  if (found.kind === 'other') throw otherFormat(shown, found);
  return found;
}

export function otherFormat(where: string, { description, remedy }: OtherFormat): PipelineError {
  return failure('bad-data', {
    code: 'other-model-format',
    where,
    found: `is ${description}`,
    expected: baseFormats,
    remedy,
  });
}

async function identifyFolder(path: string): Promise<Identified> {
  const names = new Set((await readdir(path)).slice(0, 10_000));
  if (names.has('model.json')) return { ...(await identify(join(path, 'model.json'))) };
  return { kind: 'other', ...folderFormat(names, basename(path)) };
}

/** What a folder is by the files in it. */
function folderFormat(names: ReadonlySet<string>, name: string): OtherFormat {
  const ending = (...endings: string[]) => [...names].sort().find((one) => endings.some((end) => one.endsWith(end)));
  if (names.has('saved_model.pb') && names.has('keras_metadata.pb')) {
    return {
      description: 'a TensorFlow SavedModel that Keras 2 wrote',
      remedy: `convert it with Keras 2 (pip install tf_keras): python -c 'import tf_keras; tf_keras.models.load_model("${plain(name)}").save("base.keras")'`,
    };
  }
  if (names.has('saved_model.pb') || names.has('saved_model.pbtxt')) {
    return {
      description: 'a TensorFlow SavedModel, which has operations but no layers',
      remedy: `go back to the Keras model that it was exported from: ${remedies.saveWhole}`,
    };
  }
  const file = ending('.keras') ?? ending('.h5', '.hdf5');
  if (ending('.onnx') !== undefined || names.has('onnx'))
    return { description: 'a folder with an ONNX model', remedy: 'set `architecture: onnx`' };
  if (names.has('config.json') && ending('.safetensors', '.bin', '.msgpack') !== undefined) {
    return { description: 'a model of Hugging Face Transformers or timm', remedy: remedies.byName };
  }
  if (names.has('config.json') && names.has('model.weights.h5'))
    return { description: 'a .keras file that was unpacked', remedy: 'use the .keras file itself' };
  if (file !== undefined)
    return { description: `a folder that contains ${file}`, remedy: `use the file: ${name}/${file}` };
  if (names.has('Manifest.json') || ending('.mlmodel') !== undefined)
    return { description: 'a Core ML model', remedy: remedies.byName };
  if (ending('.index') !== undefined && names.has('checkpoint'))
    return { description: 'a folder of TensorFlow checkpoints, which have no layers', remedy: remedies.saveWhole };
  return {
    description: names.size === 0 ? 'an empty folder' : 'a folder without a model.json',
    remedy: 'use the file of the network',
  };
}

async function unknown(path: string, head: Buffer): Promise<OtherFormat> {
  const beside = /\.bin$/.test(path) && (await stat(join(path, '..', 'model.json')).catch(() => undefined));
  if (beside)
    return { description: 'a weights file of the model.json in the same folder', remedy: 'use the model.json' };
  const bytes = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return {
    description: `not a model of a known format: it starts with the bytes ${bytes}`,
    remedy: `check that it is the right file; otherwise, ${remedies.saveWhole}`,
  };
}

/** A name that can be pasted into a command between quotes. */
function plain(name: string): string {
  return /^[\w .-]+$/.test(name) ? name : 'FOLDER';
}

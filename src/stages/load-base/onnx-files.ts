/** Finds the files of an ONNX base: the network, tensors that lie beside it, and how it wants its images. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '../../core/problem.js';
import { PREPROCESSOR } from '../../core/preprocessor-config.js';
import { readRegular } from '../../core/regular-file.js';
import { ModelFolder } from '../../model/model-folder.js';
import { externalFiles } from '../../model/onnx/external-data.js';

export interface OnnxFiles {
  /** The network's file first, then those that its tensors lie in. */
  readonly files: readonly string[];
  /** Undefined if a single file was named: nothing beside it is used without being named. */
  readonly preprocessor: string | undefined;
}

/** Looks for the files of a path as people wrote it. Errors of the disk pass through. */
export async function findOnnxFiles(path: string, shown: string): Promise<OnnxFiles> {
  const isFolder = (await stat(path)).isDirectory();
  const file = isFolder ? await onnxIn(path, shown) : path;
  const preprocessor = join(path, PREPROCESSOR);
  return {
    files: [file, ...(await besides(file, shown))],
    preprocessor: isFolder && (await isFile(preprocessor)) ? preprocessor : undefined,
  };
}

/** The one .onnx file of a folder, as hubs lay it out: at its top or in `onnx/`, where `model.onnx` comes before smaller copies. */
async function onnxIn(folder: string, shown: string): Promise<string> {
  for (const inside of [join(folder, 'onnx'), folder]) {
    const names = (await readdir(inside).catch(() => [])).filter((name) => name.endsWith('.onnx')).sort();
    if (names.includes('model.onnx')) return join(inside, 'model.onnx');
    if (names.length === 1) return join(inside, names[0]);
    if (names.length > 1) throw notOne(shown, `has ${names.length} .onnx files: ${names.slice(0, 5).join(', ')}`);
  }
  throw notOne(shown, 'has no .onnx file, nor a folder `onnx` with one');
}

function notOne(where: string, found: string) {
  return failure('bad-data', {
    code: 'no-onnx-file',
    where,
    field: ['weights'],
    found,
    expected: 'an .onnx file, or a folder with model.onnx or onnx/model.onnx',
    remedy: 'name the .onnx file itself as `weights`',
  });
}

/** The network is read for the names of data files only if there are other files that could hold tensors. */
async function besides(file: string, shown: string): Promise<string[]> {
  const folder = dirname(file);
  const others = (await readdir(folder)).filter(
    (name) => name !== basename(file) && !/\.(json|md|txt|onnx|ya?ml)$/.test(name),
  );
  if (others.length === 0) return [];
  const bytes = await readRegular(file, { where: shown });
  const names = readNames(bytes, shown);
  const inFolder = ModelFolder.of(file);
  // A missing file is reported when it is read.
  for (const name of names) await inFolder.targetOf(name).catch(unlessMissing);
  return names.map((name) => join(folder, name));
}

function readNames(bytes: Uint8Array, where: string): string[] {
  try {
    return externalFiles(bytes, where);
  } catch (error) {
    // Not an ONNX file; the run says what it is.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

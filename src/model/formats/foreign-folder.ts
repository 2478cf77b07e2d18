/** Paths that are given as an exported model but are something else: messages name what they are. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseBounded, TooManyValues } from '../../core/bounded-json.js';
import { failure, type PipelineError } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import { identify } from './identify.js';
import { formatOfJson } from './json-contents.js';
import { remedies, type OtherFormat } from './signatures.js';

/** Far more than a model.json has; what is larger is not looked into. */
const largestJson = 16 * 2 ** 20;
const expected = 'the folder of an exported model, such as models/pets, or the model.json or .onnx file in it';
const asBase = 'set it as `weights` of load-base, train, and export';
const readable = {
  hdf5: 'an HDF5 file, as Keras writes (.h5)',
  zip: 'a zip, as .keras files are',
  json: 'a JSON file',
};

/** The failure for a path that leads to no exported model. */
export async function notExported(path: string): Promise<PipelineError> {
  const found = await identify(path);
  const other =
    found.kind === 'other'
      ? found
      : basename(found.path) === 'model.json'
        ? await modelJson(found.path)
        : networkIn(readable[found.format]);
  const { description } = other;
  return failure('invalid', {
    code: 'no-model',
    where: path,
    found: `is ${description}${description.startsWith('not ') ? '' : ', not an exported model'}`,
    expected,
    remedy: wayOut(other),
  });
}

/** A model that load-base reads. */
function networkIn(description: string): OtherFormat {
  return { description, remedy: `to use this network, ${asBase}` };
}

/** What `load-base` does not read has to become a Keras file first. */
function wayOut({ remedy }: OtherFormat): string {
  return remedy.includes('base.keras') ? `${remedy}; then ${asBase}` : remedy;
}

/** Whether a folder has nothing that an export writes for its reader. */
export async function isForeign(folder: string): Promise<boolean> {
  const names = new Set(await readdir(folder));
  return !names.has('classes.json') && !names.has('preprocessing.json');
}

/** What a model.json of another program is. */
async function modelJson(path: string): Promise<OtherFormat> {
  const beside = (name: string) =>
    stat(join(dirname(path), name)).then(
      () => true,
      () => false,
    );
  try {
    if ((await stat(path)).size > largestJson) return networkIn('a model.json of more than 16 MB');
    const value: unknown = parseBounded((await readRegular(path, { limit: largestJson })).toString('utf8'));
    const other = formatOfJson(value);
    if (other !== undefined) return other;
    return networkIn(
      (await beside('metadata.json'))
        ? 'a model of Teachable Machine'
        : 'a TF.js layers-model without the classes.json and preprocessing.json that export writes',
    );
  } catch (error) {
    if (error instanceof TooManyValues)
      return { description: `a model.json that ${error.message}`, remedy: remedies.again };
    if (error instanceof SyntaxError)
      return { description: 'a model.json that is damaged or cut off', remedy: remedies.again };
    throw error;
  }
}

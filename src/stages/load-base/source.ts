/** Where the weights of a base come from, told by their content. */
import { digestOf } from '../../core/digest.js';
import { packageFile } from '../../core/package.js';
import { failure, PipelineError } from '../../core/problem.js';
import type { SurveyContext } from '../../core/stage.js';
import { bases } from '../../model/bases/index.js';
import { modelFiles } from '../../model/read-model.js';

/** Where the weights come from: noise for tests, or a file. */
export type Source = { readonly kind: 'random' } | { readonly kind: 'file'; readonly path: string; readonly digest: string };

/** The files that weights may come in, for messages. */
export const weightFormats = 'a TF.js layers-model (its model.json), or a .h5 or .keras file by Keras';

/** Finds the weights' files and their digest, and holds it against the pin. */
export async function locateWeights({ config, name, resolvePath, digestFile }: SurveyContext<'load-base'>): Promise<Source> {
  const { weights } = config;
  if (weights === 'random') return { kind: 'random' };
  const given = typeof weights === 'object' ? weights.path : weights;
  const path = given === undefined ? packageFile(bases[config.architecture].packaged!.file) : resolvePath(given);
  const shown = given ?? path;
  const files = await modelFiles(path, shown).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof PipelineError) throw error;
    throw failure('bad-data', {
      code: 'weights-missing',
      where: shown,
      found: error.code === 'ENOENT' ? 'is not there' : `cannot be read: ${error.message}`,
      expected: weightFormats,
      remedy: `correct \`weights\` of ${name}`,
    }, error);
  });
  const digests = await Promise.all(files.map(digestFile));
  // A single file is pinned by its own digest, as `sha256sum` prints it.
  const digest = digests.length === 1 ? digests[0] : digestOf(digests.map((one) => `${one}\n`).join(''));
  const pin = typeof weights === 'object' ? weights.sha256 : undefined;
  if (pin !== undefined && pin !== digest) {
    throw failure('bad-data', {
      code: 'weights-digest-mismatch',
      where: shown,
      found: `has the sha256 ${digest}`,
      expected: pin,
      remedy: 'fetch the file again, or correct `sha256` if the new file is the right one',
    });
  }
  return { kind: 'file', path, digest };
}

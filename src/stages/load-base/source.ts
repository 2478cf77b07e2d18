/** Where the weights of a base come from, told by their content. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '../../core/canonical.js';
import { digestOf } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import { downloadOf, nameOf, type Download } from '../../core/source.js';
import type { Survey, SurveyContext } from '../../core/stage.js';
import { bases } from '../../model/bases/index.js';
import { weightPaths } from '../../model/layers-model/weights.js';
import { pinPreimage } from '../../sources/pins.js';

/** Weights at hand: noise for tests, or a file. */
export type LocalSource = { readonly kind: 'random' } | { readonly kind: 'file'; readonly path: string; readonly digest: string };

/** What the survey finds; files on the web are fetched only by a run. */
export type Source = LocalSource | { readonly kind: 'download'; readonly download: Download };

const packaged = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export async function surveyWeights(context: SurveyContext<'load-base'>): Promise<Survey> {
  const survey = (preimage: Json, found: Source): Survey => ({ preimage, found });
  const download = downloadOf(context.config.weights ?? '');
  if (download !== undefined) return survey({ weights: pinPreimage(download, context.lock) }, { kind: 'download', download });
  const source = await locateWeights(context);
  return survey(source.kind === 'random' ? 'random' : { weights: source.digest }, source);
}

/** Finds the weights' files and their digest, and holds it against the pin. */
async function locateWeights({ config, name, resolvePath, digestFile }: SurveyContext<'load-base'>): Promise<LocalSource> {
  const { weights } = config;
  if (weights === 'random') return { kind: 'random' };
  const path = weights === undefined ? packaged(bases[config.architecture].file!) : resolvePath(nameOf(weights));
  const shown = weights === undefined ? path : nameOf(weights);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw failure('bad-data', {
      code: 'weights-missing',
      where: shown,
      found: error.code === 'ENOENT' ? 'is not there' : `cannot be read: ${error.message}`,
      expected: 'the model.json of a TF.js layers-model',
      remedy: `correct \`weights\` of ${name}`,
    }, error);
  });
  const files = [path, ...weightPaths(text, shown).map((file) => join(dirname(path), file))];
  const digests = await Promise.all(files.map(digestFile));
  const digest = digestOf(digests.map((one) => `${one}\n`).join(''));
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

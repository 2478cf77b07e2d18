/** Finds the pipeline file that is meant if a call names none. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { plainNames } from '../core/text/names.js';
import { failure } from '../core/problem.js';
import { readSource } from './source.js';

/** The name of the one file in a folder that looks like a pipeline. Throws `invalid` if there is none, or several. */
export async function onlyPipelineIn(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /(?<!\.lock|\.trust)\.ya?ml$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readSource(join(folder, name)).catch(() => '')));
  // Files of other programs may be there too.
  const pipelines = names.filter((_, index) => /^stages\s*:/m.test(texts[index]));
  if (pipelines.length === 1) return pipelines[0];
  throw failure('invalid', {
    code: 'no-file-named',
    found:
      pipelines.length === 0
        ? 'no file was given, and this folder contains no pipeline'
        : `no file was given, and there are ${pipelines.length} pipelines here: ${plainNames(pipelines)}`,
    expected: 'the path of a pipeline file, or a folder with exactly one',
    remedy: pipelines.length === 0 ? 'run `pipeline init` to create a pipeline' : `name one, such as ${pipelines[0]}`,
  });
}

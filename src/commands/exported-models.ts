/** Finds the exported model that is meant if a call names none. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { shellWord } from '../core/text/shell-word.js';
import { plainNames } from '../core/text/names.js';
import { failure } from '../core/problem.js';
import { printable } from '../report/words.js';

/** `export.to` is `models/<name>` in every example; one more level is for collections of them. */
const DEPTH = 3;
/** A folder of images has many entries and no models: the search ends before it takes long. */
const MOST_FOLDERS = 2000;

/** The path of the one exported model in a folder or below, as people write it. Throws `invalid` for none or several. */
export async function onlyModelIn(folder: string): Promise<string> {
  const models = await modelsIn(folder);
  if (models.length === 1) return models[0];
  const here = models.map(printable);
  throw failure('invalid', {
    code: 'no-model-named',
    found:
      models.length === 0
        ? 'no model was given, and this folder contains no exported model'
        : `no model was given, and there are ${models.length} exported models here: ${plainNames(here)}`,
    expected: 'the folder of an exported model, or a folder with exactly one',
    remedy:
      models.length === 0
        ? 'run a pipeline with an `export` stage first, or name the model: `pipeline serve models/pets`'
        : `name one: \`pipeline serve ${shellWord(here[0])}\``,
  });
}

/** Folders that look like what `export` writes, relative to the folder and sorted. Links and hidden folders are not followed. */
async function modelsIn(folder: string): Promise<string[]> {
  const models: string[] = [];
  let level = [folder];
  let opened = 0;
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const below: string[] = [];
    for (const path of level) {
      if (opened++ >= MOST_FOLDERS) break;
      const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
      const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
      const isModel = names.has('classes.json') && (names.has('model.json') || names.has('model.onnx'));
      if (isModel) models.push(relative(folder, path) || '.');
      else
        for (const entry of entries)
          if (entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name)) below.push(join(path, entry.name));
    }
    level = below.sort();
  }
  return models.sort();
}

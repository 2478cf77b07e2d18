/** The name under which a pipeline keeps its state, its files for people and its lock file in a project. */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, sep } from 'node:path';
import { pipelineNameOf, type PipelinePlace } from '../../config/project-root.js';

/**
 * The name of the file; with that of the package in front for a recipe of an installed package whose name a file of the
 * project has as well. Alone, a recipe keeps the plain name.
 */
export function stateNameOf(place: PipelinePlace): string {
  const name = plainNameOf(place);
  return isRecipe(place) && isTaken(place.home, name) ? `${packageOf(place.file)}.${name}` : name;
}

export function plainNameOf({ file }: Pick<PipelinePlace, 'file'>): string {
  return basename(file, extname(file));
}

/** Whether a path, absolute or not, is that of a file of an installed package. */
export function isPackaged(path: string): boolean {
  return dirname(path).split(/[\\/]/).includes('node_modules');
}

function isRecipe({ home, root }: PipelinePlace): boolean {
  return home !== root;
}

function isTaken(home: string, name: string): boolean {
  return [home, join(home, 'pipelines')].some((folder) =>
    ['.yaml', '.yml'].some((extension) => existsSync(join(folder, `${name}${extension}`))),
  );
}

/** `@me/recipes` as `me-recipes`. */
function packageOf(file: string): string {
  const names = dirname(file).split(sep);
  const [first = '', second = ''] = names.slice(names.lastIndexOf('node_modules') + 1);
  return pipelineNameOf(first.startsWith('@') ? `${first.slice(1)}-${second}` : first, 'package');
}

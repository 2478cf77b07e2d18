/** Sources of images are kept apart from what this tool writes: files among them would be read as images. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { stagesOf } from '../config/lint/lineage.js';
import type { Pipeline } from '../config/pipeline.js';
import { isWithin } from '../core/paths.js';
import type { Problem } from '../core/problem.js';
import { pathOf } from '../core/source.js';

/**
 * Problems of ingest stages whose source is in the cache or in `.pipeline`, or has the cache in it where its files are
 * listed; and of exports that a link leads into one.
 */
export function sourcesApart(pipeline: Pipeline, cache: string): Problem[] {
  const own = real(join(pipeline.home, '.pipeline'));
  const store = real(cache);
  return stagesOf(pipeline.stages, 'ingest').flatMap(({ name, config }): Problem[] => {
    const path = pathOf(config.source);
    if (path === undefined) return [];
    const source = real(resolve(pipeline.root, path));
    const at = (problem: Problem): Problem[] => [{ ...pipeline.locator.variant(name).at(['source']), ...problem }];
    const remedy = 'move the images, or set PIPELINE_CACHE to another folder';
    if (isWithin(source, store))
      return at({
        code: 'source-in-cache',
        found: `\`${path}\` is inside the cache (${cache}), which this tool writes to and clears`,
        expected: 'a folder outside the cache',
        remedy,
      });
    if (isWithin(source, own))
      return at({
        code: 'source-in-state',
        found: `\`${path}\` is inside \`.pipeline\`, which is reserved for this tool`,
        expected: 'a folder of images outside \`.pipeline\`',
        remedy: 'move the images out of \`.pipeline\`',
      });
    if (isWithin(store, source) && !isHidden(source, store)) {
      return at({
        code: 'cache-in-source',
        found: `the cache (${cache}) is inside \`${path}\`, so cached images would be read as images of the source`,
        expected: 'a cache outside the images',
        remedy,
      });
    }
    return exportsInto(pipeline, source, path);
  });
}

/** The check of the file compares the paths as they are written; links lead further. */
function exportsInto(pipeline: Pipeline, source: string, path: string): Problem[] {
  return stagesOf(pipeline.stages, 'export').flatMap(({ name, config: { to } }): Problem[] => {
    const folder = real(resolve(pipeline.home, to));
    if (!isWithin(folder, source) || isHidden(source, folder) || isWithin(real(pipeline.home), source)) return [];
    const found = `\`${to}\` leads into the images of \`${path}\` through a link, so probe images of the model would be read as images of the source`;
    return [
      {
        code: 'export-over-source',
        ...pipeline.locator.variant(name).at(['to']),
        found,
        expected: 'a folder outside the images',
        remedy: 'choose another folder',
      },
    ];
  });
}

/** Names that begin with a dot are not listed. */
function isHidden(folder: string, path: string): boolean {
  return relative(folder, path)
    .split(sep)
    .some((name) => name.startsWith('.'));
}

/** The path without links, of those parts of it that are there. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}

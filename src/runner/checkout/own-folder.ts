/** The folder `.pipeline` of a project. It may have come with the project, and then from a stranger. */
import { lstatSync, readdirSync, readlinkSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../core/problem.js';
import { hasCode } from '../../store/disk/cache-fs.js';
import type { Project } from './project.js';

/** Folders whose entries this tool opens by name, as patterns below the project; the cache sees to its own. */
const looked: readonly (readonly string[])[] = [[], ['state'], ['runs'], ['out'], ['out', '*']];

/**
 * Throws `unsafe` if a part of `.pipeline` is a link, as whatever is written there would land in another place, or
 * where a file is in the place of one of its folders.
 */
export function refuseLinks({ home, display }: Pick<Project, 'home' | 'display'>): void {
  const own = join(home, '.pipeline');
  const found = lstatSync(own, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) throw isLink(own, display);
  if (found === undefined) return;
  for (const folder of [own, ...['state', 'runs', 'out'].map((name) => join(own, name))]) {
    if (lstatSync(folder, { throwIfNoEntry: false })?.isFile()) throw isFile(folder, display);
  }
  for (const pattern of looked) {
    for (const folder of matching(own, pattern)) {
      const link = entriesOf(folder).find((entry) => entry.isSymbolicLink());
      if (link !== undefined) throw isLink(join(folder, link.name), display);
    }
  }
}

function matching(folder: string, [first, ...rest]: readonly string[]): string[] {
  if (first === undefined) return [folder];
  if (first !== '*') return matching(join(folder, first), rest);
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => matching(join(folder, name), rest));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  }
}

function isFile(path: string, display: Project['display']): Error {
  return failure('unsafe', {
    code: 'destination-not-a-folder',
    where: display(path),
    found: 'is a file, but this tool needs a folder of that name',
    expected: 'a folder, or an unused name',
    remedy: `move ${display(path)} away and run again`,
  });
}

function isLink(path: string, display: Project['display']): Error {
  return failure('unsafe', {
    code: 'link-in-state',
    where: display(path),
    found: `is a link to ${readlinkSync(path)}, so this tool would write there`,
    expected: 'a regular folder or file: links in `.pipeline` are not followed',
    remedy: 'remove the link. To keep the cache in another folder, set PIPELINE_CACHE to it',
  });
}

/** Which folder contains the cache of a project, and what to report about it. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Problem } from '../core/problem.js';
import { isMadeHere, ORIGIN_FILE, originOf } from '../store/origin.js';
import { occupantOf, refuseOpenToAll } from '../store/place.js';
import type { Project } from './checkout/project.js';
import { writeWhole } from '../store/disk/write-atomic.js';

export interface CachePlace {
  readonly root: string;
  /** Why it is not the expected folder. */
  readonly warning?: Problem;
}

/** The subfolder for the cache if PIPELINE_CACHE names a folder with other contents. */
const OWN_FOLDER = 'transfer-pipeline';
/** More caches that came from elsewhere, one after another, are not looked at. */
const MOST = 20;

/**
 * A folder named by PIPELINE_CACHE was chosen on purpose. The one inside a project may have come with the
 * project: results in it are used only if it was made here, or accepted with `pipeline cache trust`. Throws `unsafe` if
 * everyone can write to it.
 */
export function cachePlaceOf(
  project: Pick<Project, 'store' | 'display'>,
  environment: NodeJS.ProcessEnv = process.env,
): CachePlace {
  const place = environment.PIPELINE_CACHE ? namedPlace(project.store) : ownPlace(project);
  refuseOpenToAll(place.root, environment);
  return place;
}

function namedPlace(folder: string): CachePlace {
  if (occupantOf(folder) !== 'others') return { root: folder };
  const root = join(folder, OWN_FOLDER);
  if (occupantOf(root) !== 'others') return { root };
  throw failure('unsafe', {
    code: 'cache-in-use-by-others',
    where: folder,
    found: `contains files that this tool did not write, and so does ${root}`,
    expected: 'an empty folder, or one that does not exist yet',
    remedy: 'set PIPELINE_CACHE to another folder',
  });
}

function ownPlace({ store, display }: Pick<Project, 'store' | 'display'>): CachePlace {
  for (let number = 1; number <= MOST; number++) {
    const root = number === 1 ? store : `${store}-${number}`;
    if (occupantOf(root) !== 'free' && !isMadeHere(root)) continue;
    return number === 1 ? { root } : { root, warning: fromElsewhere(display(store), display(root)) };
  }
  throw failure('unsafe', {
    code: 'cache-from-elsewhere',
    where: store,
    found: `there are ${MOST} caches from elsewhere beside it`,
    remedy: 'remove the ones that you do not need',
  });
}

function fromElsewhere(theirs: string, ours: string): Problem {
  return {
    code: 'cache-from-elsewhere',
    where: theirs,
    found: `was not created in this checkout and may have come with the project, so its results are not used. The cache in use is ${ours}`,
    remedy: 'remove it, or run `pipeline cache trust` if you trust its origin. In CI, set PIPELINE_CACHE to it',
  };
}

export interface Trusted {
  readonly root: string;
  readonly state: 'trusted' | 'before';
}

/**
 * Marks the cache inside a project as made here: its results are used from now on. Throws `invalid` if there is none.
 */
export async function trustCache(
  { store }: Pick<Project, 'store'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Trusted> {
  if (environment.PIPELINE_CACHE || isMadeHere(store)) return { root: store, state: 'before' };
  const version = join(store, 'v1');
  if (occupantOf(store) !== 'store' || lstatSync(version, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw failure('invalid', {
      code: 'no-cache',
      where: store,
      found: 'is not a cache of this tool',
      expected: 'the cache of the project in the current folder',
      remedy: 'run this command in the project folder',
    });
  }
  await writeWhole(join(version, ORIGIN_FILE), originOf(version).toString());
  return { root: store, state: 'trusted' };
}

/** Lists the objects of a bucket as files of a folder. What an object contains follows from its ETag, version and size. */
import { createHash } from 'node:crypto';
import { compareCodePoints } from '../../core/canonical.js';
import { isClutter } from '../../core/clutter.js';
import type { PassedOver } from '../../core/folder-listing.js';
import { staysInside } from '../../core/paths.js';
import type { ObjectInfo, ObjectStore } from '../../object-store/object-store.js';
import { inOrder, SIZE_COLUMN, STAT_COLUMNS, type FileList } from './file-list.js';

const UNUSABLE = 'has a name that no file can have and is not read';

/** Bytes of a hash in each of the other columns: a float64 has all integers of that many. */
const PART = 6;
const parts = Array.from({ length: STAT_COLUMNS }, (_, column) => column).filter((column) => column !== SIZE_COLUMN);

/**
 * Lists what is below the address of a place, page by page, with a few dozen bytes for each object. Hidden names and
 * clutter are left out, as in folders, and so are the objects that stand for folders.
 */
export async function listObjects(objects: ObjectStore, signal?: AbortSignal): Promise<FileList> {
  const paths: string[] = [];
  const passedOver: PassedOver[] = [];
  let stats = new Float64Array(1024 * STAT_COLUMNS);
  let ordered = true;
  for await (const page of objects.list('', { signal }))
    for (const object of page) {
      const { name } = object;
      if (name.endsWith('/') || name.split('/').some(isClutter)) continue;
      if (!staysInside(name)) {
        passedOver.push({ path: name, kind: 'name', why: UNUSABLE });
        continue;
      }
      const last = paths.at(-1);
      if (last === name) continue;
      ordered &&= last === undefined || compareCodePoints(last, name) < 0;
      const start = paths.push(name) * STAT_COLUMNS - STAT_COLUMNS;
      if (start === stats.length) {
        const longer = new Float64Array(2 * stats.length);
        longer.set(stats);
        stats = longer;
      }
      stats.set(statsOf(object), start);
    }
  stats = stats.slice(0, paths.length * STAT_COLUMNS);
  return { root: objects.address, passedOver, ...(ordered ? { paths, stats } : inOrder(paths, stats)) };
}

/** What an index remembers of an object; without an ETag, numbers that equal nothing. */
function statsOf({ etag, version, size }: ObjectInfo): number[] {
  const stats = new Array<number>(STAT_COLUMNS).fill(NaN);
  stats[SIZE_COLUMN] = size;
  if (etag === undefined) return stats;
  const hash = createHash('sha256')
    .update(JSON.stringify([etag, version ?? null]))
    .digest();
  parts.forEach((column, part) => (stats[column] = hash.readUIntBE(part * PART, PART)));
  return stats;
}

/** Whether an object that was asked for is the one that was listed; a list of a bucket has no versions. */
export function isListed({ etag, size }: ObjectInfo, stats: Float64Array, index: number): boolean {
  const start = index * STAT_COLUMNS;
  return statsOf({ etag, size }).every((value, column) => Object.is(value, stats[start + column]));
}

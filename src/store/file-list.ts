/** Lists the files of a folder tree with what the file system says of each; it must be quick for tens of thousands. */
import { lstatSync, readdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import type { PassedOver } from '../core/stage.js';
import { hasCode } from './cache-fs.js';

/** Numbers kept for each file, in this order: device, inode, size, mtime and ctime in milliseconds. */
export const STAT_COLUMNS = 5;
export const SIZE_COLUMN = 2;
export const MTIME_COLUMN = 3;
export const CTIME_COLUMN = 4;

export interface FileList {
  readonly root: string;
  /** Relative to the root, with `/`, ordered by code point. */
  readonly paths: readonly string[];
  /** {@link STAT_COLUMNS} numbers a file. */
  readonly stats: Float64Array;
  readonly passedOver: readonly PassedOver[];
}

const LINK = 'leads out of the folder and is not followed';
const FOREIGN = 'has a name that is not UTF-8 and is not read';
const SPECIAL = 'is a pipe, a socket or a device and is not read';

const surrogate = /[\ud800-\udfff]/;
const clutter = new Set(['Thumbs.db', 'desktop.ini']);

/**
 * Lists regular files, and links to such files inside the root. Hidden files and folders and the clutter of file
 * managers are left out, and so is a file that vanishes meanwhile. Links to folders are not followed: inside the root their
 * files are listed anyway, outside they are none of ours.
 */
export function listFiles(root: string): FileList {
  const walk = new Walk(realpathSync(root));
  walk.folder(root, '');
  const { paths, passedOver } = walk;
  const stats = walk.stats.slice(0, paths.length * STAT_COLUMNS);
  return { root, passedOver, ...(walk.ordered ? { paths, stats } : inOrder(paths, stats)) };
}

/** The list that holds one file, followed where it is a link. */
export function listFile(folder: string, name: string): FileList {
  const stats = new Float64Array(STAT_COLUMNS);
  writeStats(stats, 0, statSync(join(folder, name)));
  return { root: folder, paths: [name], stats, passedOver: [] };
}

/**
 * Synchronous on purpose: a call that the kernel answers from memory takes 2 microseconds, and several times that
 * when it goes through the thread pool and a promise.
 */
class Walk {
  readonly paths: string[] = [];
  readonly passedOver: PassedOver[] = [];
  /** False once the order of the walk may differ from that of whole paths. */
  ordered = true;
  /** Longer than needed; grows by doubling. */
  stats = new Float64Array(1024 * STAT_COLUMNS);

  constructor(private readonly realRoot: string) {}

  /** `prefix` is the folder's path relative to the root, with a `/` at the end; empty for the root. */
  folder(folder: string, prefix: string): void {
    const names = readdirSync(folder).sort();
    // UTF-16 order, in which names were sorted, is that of code points up to here.
    if (surrogate.test(names.join())) this.ordered = false;
    names.forEach((name, i) => {
      if (name.startsWith('.') || clutter.has(name)) return;
      const path = `${folder}/${name}`;
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) {
        // Node puts this character in place of such bytes, and then finds nothing of the name; any other has vanished.
        if (name.includes('\ufffd')) this.passedOver.push({ path: prefix + name, why: FOREIGN });
        return;
      }
      if (found.isFile()) {
        this.add(prefix + name, found);
      } else if (found.isDirectory()) {
        // `a.b` comes after `a`, but before `a/c`.
        if (i + 1 < names.length && names[i + 1].startsWith(name)) this.ordered = false;
        this.folder(path, `${prefix}${name}/`);
      } else if (found.isSymbolicLink()) {
        this.link(path, prefix + name);
      } else {
        this.passedOver.push({ path: prefix + name, why: SPECIAL });
      }
    });
  }

  private link(path: string, relative: string): void {
    const target = this.fileInside(path);
    if (target === undefined) this.passedOver.push({ path: relative, why: LINK });
    else this.add(relative, target);
  }

  private fileInside(path: string): Stats | undefined {
    try {
      const inside = realpathSync(path).startsWith(this.realRoot.endsWith(sep) ? this.realRoot : this.realRoot + sep);
      const target = inside ? statSync(path) : undefined;
      return target?.isFile() ? target : undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
      throw error;
    }
  }

  private add(path: string, found: Stats): void {
    const start = this.paths.push(path) * STAT_COLUMNS - STAT_COLUMNS;
    if (start === this.stats.length) {
      const longer = new Float64Array(2 * this.stats.length);
      longer.set(this.stats);
      this.stats = longer;
    }
    writeStats(this.stats, start, found);
  }
}

function writeStats(stats: Float64Array, start: number, found: Stats): void {
  stats[start] = found.dev;
  stats[start + 1] = found.ino;
  stats[start + SIZE_COLUMN] = found.size;
  stats[start + MTIME_COLUMN] = found.mtimeMs;
  stats[start + CTIME_COLUMN] = found.ctimeMs;
}

function inOrder(paths: readonly string[], stats: Float64Array): Pick<FileList, 'paths' | 'stats'> {
  const order = [...paths.keys()].sort((a, b) => compareCodePoints(paths[a], paths[b]));
  const sorted = new Float64Array(stats.length);
  order.forEach((from, to) => sorted.set(stats.subarray(from * STAT_COLUMNS, (from + 1) * STAT_COLUMNS), to * STAT_COLUMNS));
  return { paths: order.map((from) => paths[from]), stats: sorted };
}

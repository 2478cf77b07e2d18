/**
 * Lists the files of a folder tree with what the file system says about each; it must be quick for tens of thousands.
 */
import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import { compareCodePoints } from '../../core/canonical.js';
import { readEntries, type FolderEntries, type ReadFolder } from '../../core/folder-entries.js';
import type { PassedOver } from '../../core/folder-listing.js';
import type { LinkPolicy } from '../../core/stage.js';
import { hasCode } from '../disk/cache-fs.js';

/** Numbers kept for each file, in this order: device, inode, size, mtime and ctime in milliseconds. */
export const STAT_COLUMNS = 5;
export const SIZE_COLUMN = 2;
export const MTIME_COLUMN = 3;
export const CTIME_COLUMN = 4;

export interface FileList {
  readonly root: string;
  /** Relative to the root, with `/`, ordered by code point. */
  readonly paths: readonly string[];
  /** All paths joined by NUL, if that takes less time than the paths. */
  readonly pathText?: string;
  /** {@link STAT_COLUMNS} numbers per file. */
  readonly stats: Float64Array;
  /** The path of a file on each device, if that is known. */
  readonly devices?: ReadonlyMap<number, string>;
  readonly passedOver: readonly PassedOver[];
}

const OUTSIDE = 'leads out of the folder and is not followed';
const FOREIGN = 'has a name that is not UTF-8 and is not read';
const SPECIAL = 'is a pipe, a socket or a device and is not read';

const orUndefined = { throwIfNoEntry: false } as const;

const surrogate = /[\ud800-\udfff]/;

/**
 * Lists regular files, and what links lead to. Hidden files and folders and the clutter of file managers are left out,
 * and so is a file that vanishes in the meantime. The paths are those of the links. No two links to the same folder are
 * followed, nor one to a folder around it: links cannot make the walk endless.
 */
export function listFiles(root: string, links: LinkPolicy = 'inside', read: ReadFolder = readEntries): FileList {
  const real = realpathSync(root);
  const walk = new Walk(real, links, read);
  walk.folder(root, '', real);
  const { passedOver, devices, runs } = walk;
  const stats = walk.stats.subarray(0, walk.end);
  return walk.ordered
    ? walkedList({ root, passedOver, devices, stats }, runs)
    : { root, passedOver, devices, ...inOrder(runs.flatMap(pathsOf), stats) };
}

/** Files that came one after another in one folder. */
interface Run {
  /** The path of the folder, with a `/` at its end; empty for the root. */
  readonly prefix: string;
  readonly names: string[];
}

function pathsOf({ prefix, names }: Run): string[] {
  return names.map((name) => prefix + name);
}

/** If nothing has changed, no path is asked for, only what they all are. */
function walkedList(facts: Omit<FileList, 'paths' | 'pathText'>, runs: readonly Run[]): FileList {
  let known: readonly string[] | undefined;
  return {
    ...facts,
    get paths() {
      return (known ??= runs.flatMap(pathsOf));
    },
    get pathText() {
      return runs.map(({ prefix, names }) => prefix + names.join(`\0${prefix}`)).join('\0');
    },
  };
}

/** The list that holds one file, followed if it is a link. */
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
  readonly runs: Run[] = [];
  readonly devices = new Map<number, string>();
  readonly passedOver: PassedOver[] = [];
  /** False once the order of the walk may differ from that of whole paths. */
  ordered = true;
  /** Longer than needed; grows by doubling. */
  stats = new Float64Array(1024 * STAT_COLUMNS);
  /** Where the stats of the next file go. */
  end = 0;
  private device = NaN;
  private run: Run = { prefix: '', names: [] };

  /** Folders that links lead to, by their real paths, with the path of the link that was followed. */
  private readonly entered = new Map<string, string>();

  constructor(
    private readonly realRoot: string,
    private readonly links: LinkPolicy,
    private readonly read: ReadFolder,
  ) {}

  /**
   * `prefix` is the folder's path relative to the root, with a `/` at the end; empty for the root. `real` is its real
   * path.
   */
  folder(folder: string, prefix: string, real: string): void {
    const names = namesOf(this.read(folder));
    // UTF-16 order, in which names were sorted, is that of code points up to here.
    if (surrogate.test(names.join())) this.ordered = false;
    const start = `${folder}/`;
    names.forEach((name, i) => {
      const path = start + name;
      const found = lstatSync(path, orUndefined);
      if (found === undefined) {
        // Node puts this character in place of such bytes, and then finds nothing of the name; any other has vanished.
        if (name.includes('\ufffd')) this.passedOver.push({ path: prefix + name, kind: 'name', why: FOREIGN });
        return;
      }
      if (found.isFile()) {
        this.add(prefix, name, found);
      } else if (found.isDirectory()) {
        // `a.b` comes after `a`, but before `a/c`.
        if (i + 1 < names.length && names[i + 1].startsWith(name)) this.ordered = false;
        this.folder(path, `${prefix}${name}/`, join(real, name));
      } else if (found.isSymbolicLink()) {
        // A link to a folder sorts as one.
        if (i + 1 < names.length && names[i + 1].startsWith(name)) this.ordered = false;
        this.link(path, prefix, name, real);
      } else {
        this.passedOver.push({ path: prefix + name, kind: 'special', why: SPECIAL });
      }
    });
  }

  private link(path: string, prefix: string, name: string, folder: string): void {
    const relative = prefix + name;
    const target = this.targetOf(path);
    const pass = (why: string, kind: PassedOver['kind'] = 'link'): void =>
      void this.passedOver.push({ path: relative, kind, why });
    if ('why' in target) return pass(target.why);
    const { real, stats } = target;
    if (this.links === 'inside' && !(stats.isFile() && isBelow(real, this.realRoot))) return pass(OUTSIDE);
    if (stats.isFile()) return this.add(prefix, name, stats);
    if (!stats.isDirectory()) return pass(SPECIAL, 'special');
    if (real === folder || isBelow(folder, real)) return pass('is a link to a folder around it and is not followed');
    const earlier = this.entered.get(real);
    if (earlier !== undefined) return pass(`is a link to the same folder as ${earlier} and is not followed`);
    this.entered.set(real, relative);
    this.folder(path, `${relative}/`, real);
  }

  private targetOf(path: string): { readonly real: string; readonly stats: Stats } | { readonly why: string } {
    try {
      return { real: realpathSync(path), stats: statSync(path) };
    } catch (error) {
      if (this.links === 'inside' && hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return { why: OUTSIDE };
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return { why: `is a link to ${readlinkSync(path)}, which is missing` };
      if (hasCode(error, 'ELOOP')) return { why: 'is a link that leads back to itself' };
      if (hasCode(error, 'EACCES', 'EPERM'))
        return { why: `is a link to ${readlinkSync(path)}, which cannot be read: permission denied` };
      throw error;
    }
  }

  private add(prefix: string, name: string, found: Stats): void {
    if (this.run.prefix !== prefix || this.end === 0) this.runs.push((this.run = { prefix, names: [] }));
    this.run.names.push(name);
    if (found.dev !== this.device) {
      this.device = found.dev;
      if (!this.devices.has(found.dev)) this.devices.set(found.dev, prefix + name);
    }
    if (this.end === this.stats.length) {
      const longer = new Float64Array(2 * this.stats.length);
      longer.set(this.stats);
      this.stats = longer;
    }
    writeStats(this.stats, this.end, found);
    this.end += STAT_COLUMNS;
  }
}

/** All names in UTF-16 order; a folder of a class contains files alone. */
function namesOf({ files, folders, links, others }: FolderEntries): readonly string[] {
  return folders.length + links.length + others.length === 0
    ? files
    : [...files, ...folders, ...links, ...others].sort();
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function writeStats(stats: Float64Array, start: number, found: Stats): void {
  stats[start] = found.dev;
  stats[start + 1] = found.ino;
  stats[start + SIZE_COLUMN] = found.size;
  stats[start + MTIME_COLUMN] = found.mtimeMs;
  stats[start + CTIME_COLUMN] = found.ctimeMs;
}

export function inOrder(paths: readonly string[], stats: Float64Array): Pick<FileList, 'paths' | 'stats'> {
  const order = [...paths.keys()].sort((a, b) => compareCodePoints(paths[a], paths[b]));
  const sorted = new Float64Array(stats.length);
  order.forEach((from, to) =>
    sorted.set(stats.subarray(from * STAT_COLUMNS, (from + 1) * STAT_COLUMNS), to * STAT_COLUMNS),
  );
  return { paths: order.map((from) => paths[from]), stats: sorted };
}

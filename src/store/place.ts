/** Which folder a store can be kept in: an empty one, or one that this tool made and nobody else writes into. */
import { lstatSync, readdirSync, readFileSync, statfsSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../core/problem.js';
import { hasCode } from './disk/cache-fs.js';
import { ORIGIN_FILE } from './origin.js';

/** `free`: nothing is there, or nothing is in it. `store`: one of ours. `others`: whatever else. */
export type Occupant = 'free' | 'store' | 'others';

/** The start of the mark that every version of this tool puts into a store. */
const MARK = 'Signature: 8a477f597d28d172789f06886806bc55\n# What is in here can be deleted';
const ownNames = new Set(['v1', 'index', 'CACHEDIR.TAG', '.gitignore']);
const ownFolders = new Set([
  'blobs',
  'records',
  'checkpoints',
  'features',
  'unpacked',
  'roots',
  'locks',
  'quarantine',
  'tmp',
  'unshared',
  'usage.json',
  ORIGIN_FILE,
]);

export function occupantOf(root: string): Occupant {
  const names = namesIn(root);
  if (names === undefined || names.every((name) => name.startsWith('v1-'))) return 'free';
  if (readText(join(root, 'CACHEDIR.TAG')).startsWith(MARK) || readText(join(root, 'v1', ORIGIN_FILE)) !== '')
    return 'store';
  // One without marks is recognized by its form.
  const inside = namesIn(join(root, 'v1')) ?? [];
  const isStore =
    names.every((name) => ownNames.has(name) || name.startsWith('v1-')) &&
    inside.every((name) => ownFolders.has(name)) &&
    inside.some((name) => name === 'records' || name === 'blobs');
  return isStore ? 'store' : 'others';
}

/**
 * On these kinds of file systems (statfs(2)) every file seems to be writable by everyone: FAT, exFAT, NTFS, CIFS, SMB,
 * 9p, FUSE.
 */
const withoutModes = new Set([
  0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546,
]);

/**
 * FAT, exFAT, CIFS and SMB keep no time that an edit must move; FUSE, 9p and NTFS may not, and then show the mtime in
 * its place.
 */
const withoutChangeTimes = new Set([0x4d44, 0x2011bab0, 0xff534d42, 0xfe534d42]);

/** Whether the ctime of files at a path changes with every edit: on some file systems it is a copy of the mtime. */
export function changeTimesAt(path: string): ChangeTimes {
  if (process.platform !== 'linux') return 'kept';
  const { type } = statfsSync(path);
  if (withoutChangeTimes.has(type)) return 'none';
  return withoutModes.has(type) ? 'unless-equal' : 'kept';
}

/** ext2 to ext4, XFS, Btrfs, tmpfs, ZFS, overlayfs, F2FS, bcachefs. */
const withFolderTimes = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0x794c7630, 0xf2f52010, 0xca451a4e,
]);

/** Whether a folder's times are known to change with every name in it. */
export function changesFolderTimes(path: string): boolean {
  return process.platform === 'linux' && withFolderTimes.has(statfsSync(path).type);
}

/** `unless-equal`: not if it equals the mtime. */
export type ChangeTimes = 'kept' | 'none' | 'unless-equal';

/** Whether the inode of a file stays the same while the file does. */
export function hasPlainNumbers(path: string): boolean {
  return process.platform !== 'linux' || !withoutModes.has(statfsSync(path).type);
}

/**
 * Throws `unsafe` if everyone on this machine can write to a store, and thereby choose the results that others read
 * from it. The sticky bit does not help: it keeps files from being replaced, not from being added.
 */
export function refuseOpenToAll(root: string, environment: NodeJS.ProcessEnv): void {
  if (process.platform === 'win32' || environment.PIPELINE_ALLOW_OPEN_CACHE === '1') return;
  const folders = [root, join(root, 'v1'), ...(namesIn(join(root, 'v1')) ?? []).map((name) => join(root, 'v1', name))];
  const open = folders.find((folder) => isOpenToAll(statsOf(folder)));
  if (open === undefined || withoutModes.has(statfsSync(open).type)) return;
  throw failure('unsafe', {
    code: 'cache-open-to-all',
    where: open,
    found: 'everyone on this machine can write to this cache, and so change the results of your pipelines',
    expected: 'a cache that only you, or a group that you trust, can write to',
    remedy: `run \`chmod -R o-w ${root}\`; to share a cache with a group, see docs/cache.md; to allow everyone, set PIPELINE_ALLOW_OPEN_CACHE=1`,
  });
}

/** Undefined if there is nothing, or a file in the place of its folder. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}

function isOpenToAll(stats: Stats | undefined): boolean {
  return stats?.isDirectory() === true && (stats.mode & 0o002) !== 0;
}

/** Undefined if there is no such folder. A file in its place is an error, which the next writer reports. */
function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (hasCode(error, 'EACCES')) return ['?'];
    throw error;
  }
}

const LARGEST_TEXT = 64 * 1024;

function readText(path: string): string {
  const stats = statsOf(path);
  return stats?.isFile() === true && stats.size <= LARGEST_TEXT ? readFileSync(path, 'utf8').slice(0, 1000) : '';
}

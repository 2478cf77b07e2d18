/**
 * Whether a store can be worked with: whether it can be written, the disk that it is on, and a sample of its contents.
 */
import { access, constants, lstat, readdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesText } from '../core/text/bytes-text.js';
import type { Finding } from '../core/finding.js';
import { isDigest } from '../core/digest.js';
import { hasCode, nodeFs } from './disk/cache-fs.js';
import { Files } from './disk/files.js';
import type { Store } from './store.js';
import { filesBelow } from './disk/folders.js';

/** Kinds of file systems on Linux (statfs(2)) that a user should know about if the cache is on one. */
const kinds: ReadonlyMap<number, readonly [name: string, why: string]> = new Map([
  [0x01021994, ['tmpfs', 'it is lost at a restart and uses memory']],
  [0x6969, ['NFS', 'features are read from it in every epoch, over the network']],
  [0xff534d42, ['CIFS', 'features are read from it in every epoch, over the network']],
  [0xfe534d42, ['SMB', 'features are read from it in every epoch, over the network']],
  [0x01021997, ['9p', 'features are read from it in every epoch, through another system']],
  [0x65735546, ['FUSE', 'it may be slow or remote']],
]);

/** With less free space than this, any run soon fills the disk. */
const LITTLE_BYTES = 1e9;
/** Blobs that are read and compared with their names; names are digests, so the first are as good as any. */
const SAMPLE = 20;

/** `damage` is what reading the sample found: the store reports it to its opener. */
export async function storeFindings(store: Store, damage: () => readonly string[]): Promise<Finding[]> {
  const { root } = store;
  const files = new Files(root, nodeFs, () => undefined);
  const there = await nearestFolder(root);
  const findings: Finding[] = [await writable(files, there)];
  const kind = kinds.get((await statfs(there)).type);
  if (kind !== undefined)
    findings.push({
      level: 'warning',
      about: 'cache',
      code: 'cache-file-system',
      text: `it is on ${kind[0]}: ${kind[1]}`,
      remedy: 'set PIPELINE_CACHE to a folder on a local disk',
    });
  const free = await store.freeBytes();
  const room = `${bytesText(free)} free on its disk, ${await content(files)}`;
  findings.push({ level: free < LITTLE_BYTES ? 'warning' : 'ok', about: 'cache', code: 'cache-room', text: room });
  const read = await readSample(store);
  const damaged = damage();
  if (damaged.length > 0) {
    findings.push({
      level: 'warning',
      about: 'cache',
      code: 'cache-damage',
      text: 'damaged files count as missing: they are computed again when needed',
      list: damaged,
    });
  } else if (read > 0) {
    findings.push({
      level: 'ok',
      about: 'cache',
      code: 'cache-sample',
      text: `${read} of its files checked: no damage found`,
    });
  }
  return findings;
}

/** Writes as the store does: creating its folders marks them too. */
async function writable(files: Files, there: string): Promise<Finding> {
  const { root } = files;
  try {
    if (there !== root) {
      await access(there, constants.W_OK);
      return { level: 'ok', about: 'cache', code: 'cache-folder', text: `${root}: can be created` };
    }
    await files.removeIfThere(await files.writeAside(Buffer.from('written by doctor')));
    return { level: 'ok', about: 'cache', code: 'cache-folder', text: `${root}: is writable` };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return {
      level: 'error',
      about: 'cache',
      code: 'cache-not-writable',
      text: `${root}: is not writable: ${found}`,
      remedy: 'fix its permissions, or set PIPELINE_CACHE to another folder',
    };
  }
}

/** The folder itself, or the first above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  try {
    await lstat(path);
    return path;
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    return nearestFolder(dirname(path));
  }
}

async function content(files: Files): Promise<string> {
  const found = await filesBelow(files, files.root).catch(() => undefined);
  if (found === undefined) return 'and not all of its content can be read';
  return `${bytesText(found.reduce((sum, { size }) => sum + size, 0))} in it`;
}

async function readSample(store: Store): Promise<number> {
  const folder = join(store.root, 'v1', 'blobs');
  let read = 0;
  for (const start of (await readdir(folder).catch(() => [])).sort()) {
    for (const name of (await readdir(join(folder, start)).catch(() => [])).sort()) {
      if (read === SAMPLE) return read;
      const info = await lstat(join(folder, start, name)).catch(() => undefined);
      if (!isDigest(name) || info?.isFile() !== true) continue;
      await store.readBlob({ digest: name, size: info.size });
      read++;
    }
  }
  return read;
}

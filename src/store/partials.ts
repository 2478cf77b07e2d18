/**
 * Parts of downloads, `v1/tmp/download-<name>.part`, and `<name>.<owner>.part` while a process works on one. Nothing
 * trusts them: whole files are hashed before they are published, so two processes on one part cost time alone.
 */
import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf, type Digest } from '../core/digest.js';
import { hasCode } from './disk/cache-fs.js';
import type { Files } from './disk/files.js';
import { isAlive, owner } from './disk/owner.js';
import { removeTree } from './disk/folders.js';

export class Partials {
  constructor(private readonly files: Files) {}

  /** Takes over a part that is idle or whose process is gone; returns the path to continue at, which may not exist. */
  async claim(name: Digest): Promise<string> {
    const folder = this.files.temporary;
    await this.files.makeTemporary();
    const prefix = `download-${fileNameOf(name)}.`;
    const own = join(folder, `${prefix}${owner()}-${randomBytes(4).toString('hex')}.part`);
    for (const file of (await this.files.list(folder)).filter((one) => one.startsWith(prefix))) {
      // What follows is `part`, or the owner and more. A process that cannot be asked is taken to be gone.
      if (isAlive(file.slice(prefix.length))) continue;
      if (!(await moved(join(folder, file), own))) continue;
      if ((await this.files.infoIfThere(own))?.isFile === true) break;
      // A link would have the download written into the file that it leads to.
      await removeTree(this.files, own);
    }
    return own;
  }

  async release(name: Digest, path: string): Promise<void> {
    await moved(path, join(this.files.temporary, `download-${fileNameOf(name)}.part`));
  }
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

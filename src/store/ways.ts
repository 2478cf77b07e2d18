/**
 * The ways from the root of a store to its folders, none of which is a link: a store that came from elsewhere would
 * lead its collector and its files to any folder of this machine. A link in the place of a folder is taken away, and
 * what it leads to is left alone.
 */
import { dirname, sep } from 'node:path';
import { hasCode, type CacheFs, type FileInfo } from './disk/cache-fs.js';

export class Ways {
  /** Folders that were seen to be what they should. Looked at once: links are laid before a run, not beside it. */
  private readonly known = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly fs: Pick<CacheFs, 'info' | 'remove'>,
    private readonly note: (path: string, reason: string) => void,
  ) {}

  /** False if a link is in the way that cannot be taken away: what is behind it counts as missing. */
  async areClear(folder: string): Promise<boolean> {
    try {
      await this.clear(folder);
      return true;
    } catch (error) {
      if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) return false;
      throw error;
    }
  }

  /** Rejects if a link is in the way that cannot be taken away. */
  async clear(folder: string): Promise<void> {
    if (!folder.startsWith(this.root + sep) || this.known.has(folder)) return;
    await this.clear(dirname(folder));
    const found = await this.info(folder);
    if (found === undefined || found.isFile) return;
    if (found.isFolder) return void this.known.add(folder);
    this.note(folder, 'a link in the place of a folder: it was not followed, and was removed');
    await this.fs.remove(folder).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }

  private async info(path: string): Promise<FileInfo | undefined> {
    try {
      return await this.fs.info(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }
}

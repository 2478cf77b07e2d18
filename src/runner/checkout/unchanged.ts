/** Whether a file is still the one that was read or written: it is not read again then. */
import { lstat } from 'node:fs/promises';

/** What no write leaves as it is: files here are replaced, so that each has an inode and times of its own. */
export type FileState = string & { readonly brand: 'FileState' };

/** Undefined if there is no file, or it cannot be looked at. To be asked before the file is read. */
export async function fileState(path: string): Promise<FileState | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join() as FileState;
  } catch {
    return undefined;
  }
}

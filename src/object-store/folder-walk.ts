/** The files below a folder, in the order of their names as a bucket has it: by the bytes of UTF-8. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Names with `/` that start with a prefix. Follows no link. In memory are the entries of one folder and of those above
 * it. `skipped`: an entry at the top.
 */
export async function* namesBelow(root: string, prefix: string, skipped: string): AsyncGenerator<string> {
  const slash = prefix.lastIndexOf('/') + 1;
  const start = prefix.slice(0, slash);
  if (start.split('/').some((part) => part === '.' || part === '..')) return;
  if (start.startsWith('/') || start.includes('//') || start.startsWith(`${skipped}/`)) return;
  for await (const name of below(root, start, prefix.slice(slash))) {
    if (name !== skipped && !name.startsWith(`${skipped}/`)) yield name;
  }
}

async function* below(root: string, folder: string, prefix: string): AsyncGenerator<string> {
  for (const { name, isFolder } of await entriesOf(join(root, folder))) {
    if (!name.startsWith(prefix) && !(isFolder && `${name}/`.startsWith(prefix))) continue;
    if (isFolder) yield* below(root, `${folder}${name}/`, '');
    else yield folder + name;
  }
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => {
      const isFolder = entry.isDirectory();
      // `a-b` comes before `a/b`.
      return { name: entry.name, isFolder, order: Buffer.from(isFolder ? `${entry.name}/` : entry.name) };
    })
    .sort((a, b) => Buffer.compare(a.order, b.order));
}

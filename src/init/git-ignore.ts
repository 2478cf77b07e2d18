/** Keeps the cache out of Git, where the project is in a repository. */
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const ENTRY = '.pipeline/';
/** Entries that cover it already. */
const covering = /^\/?\.pipeline\/?\*{0,2}\s*$|^\*\*\/\.pipeline\/?\s*$/m;

/**
 * Adds the cache of a project to its `.gitignore`, which is created if there is none. The lock file stays in Git.
 * Resolves with whether it was added: not outside of a repository, and not a second time.
 */
export async function ignoreCache(root: string): Promise<boolean> {
  if (!isInRepository(root)) return false;
  const file = join(root, '.gitignore');
  const text = await readFile(file, 'utf8').catch(() => '');
  if (covering.test(text)) return false;
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${ENTRY}\n`);
  return true;
}

function isInRepository(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true;
  return dirname(folder) !== folder && isInRepository(dirname(folder));
}

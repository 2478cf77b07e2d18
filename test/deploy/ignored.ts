/** .dockerignore: which files of a checkout a build sees. */
import { readFile } from 'node:fs/promises';
import picomatch from 'picomatch';

export async function readIgnored(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** The last pattern that matches a path, or a folder around it, decides. */
export function isIncluded(path: string, patterns: readonly string[]): boolean {
  const parts = path.split('/');
  const around = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let included = true;
  for (const pattern of patterns) {
    const isException = pattern.startsWith('!');
    const glob = isException ? pattern.slice(1) : pattern;
    if (around.some((folder) => picomatch.isMatch(folder, glob, { dot: true }))) included = isException;
    // A folder is entered if a pattern asks for something inside.
    else if (isException && glob.startsWith(`${path}/`)) included = true;
  }
  return included;
}

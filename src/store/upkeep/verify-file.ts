/** The checks of `cache verify` for single files: how many were damaged, 0 or 1. Damaged files are moved away. */
import type { Files } from '../disk/files.js';
import { RECORD_LIMIT } from '../records.js';

/** What is missing was damaged if a note says so; otherwise a parallel run finished, or a collection removed it. */
export function damageAt(files: Files, path: string): number {
  return files.noted(path) ? 1 : 0;
}

/** A file in one piece; `parse` returns what is wrong, if anything. */
export async function checkSealed(
  files: Files,
  path: string,
  parse: (bytes: Buffer) => object | string,
  limit = RECORD_LIMIT,
): Promise<number> {
  if ((await files.infoIfThere(path)) === undefined) return 0;
  const bytes = await files.readIfThere(path, { limit });
  if (bytes === undefined) return damageAt(files, path);
  const content = parse(bytes);
  return typeof content === 'string' ? setAside(files, path, content) : 0;
}

export async function setAside(files: Files, path: string, reason: string): Promise<number> {
  await files.setAside(path, reason);
  return 1;
}

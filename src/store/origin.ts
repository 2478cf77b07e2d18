/**
 * Where a store was made: `v1/made-here.json` names the very folder `v1` by its number on its disk and the time of its
 * birth. A copy, an archive that was unpacked or a checkout has another one, so that a store from elsewhere can be
 * distinguished from one that this tool made in its place. Nothing outside the store is needed for it.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOneOf, isShapedAs, isString, type Guard } from '../core/guards.js';
import { seal, unseal } from './disk/sealed-json.js';

export const ORIGIN_FILE = 'made-here.json';

const LARGEST = 4096;

interface Origin {
  readonly format: 1;
  readonly inode: string;
  /** In nanoseconds since 1970; 0 on disks that keep no such time. */
  readonly bornNs: string;
}

const isOrigin: Guard<Origin> = isShapedAs({ format: isOneOf(1), inode: isString, bornNs: isString });

/** What the mark of a folder has to say. */
export function originOf(folder: string): Buffer {
  const { inode, bornNs } = identityOf(folder);
  return seal({ format: 1, inode, bornNs } satisfies Origin);
}

/** Opening a pipe would wait for a writer. Throws if there is no such file. */
function readMark(path: string): Buffer {
  const stats = lstatSync(path);
  if (!stats.isFile() || stats.size > LARGEST) throw new Error(`${path} is not a mark`);
  return readFileSync(path);
}

/** Whether the store at a root was made where it is. */
export function isMadeHere(root: string): boolean {
  const folder = join(root, 'v1');
  try {
    const content = unseal(readMark(join(folder, ORIGIN_FILE)));
    if (typeof content === 'string' || !isOrigin(content)) return false;
    const { inode, bornNs, knowsBirth } = identityOf(folder);
    return content.inode === inode && (!knowsBirth || content.bornNs === bornNs);
  } catch {
    return false;
  }
}

function identityOf(folder: string): Omit<Origin, 'format'> & { readonly knowsBirth: boolean } {
  const { ino, birthtimeNs, ctimeNs } = lstatSync(folder, { bigint: true });
  // If a system does not record the birth, Node gives the time of the last change, or 0.
  return { inode: String(ino), bornNs: String(birthtimeNs), knowsBirth: birthtimeNs !== 0n && birthtimeNs !== ctimeNs };
}

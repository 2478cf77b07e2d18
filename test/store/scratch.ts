/** A store in a folder of its own that vanishes after the test, and ways to damage what is in it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from '@jest/globals';
import { nodeFs, type CacheFs } from '../../src/store/disk/cache-fs.js';
import { Files, type DamageNote } from '../../src/store/disk/files.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  folders.push(folder);
  return folder;
}

/** Writes files below a folder, with the folders that their paths name. */
export function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

export interface Scratch {
  readonly files: Files;
  readonly notes: DamageNote[];
}

/** The store's files under a root that does not exist yet, or at a given one. */
export function scratchFiles(root = join(scratchFolder(), 'cache'), fs: CacheFs = nodeFs): Scratch {
  const notes: DamageNote[] = [];
  return { files: new Files(root, fs, (note) => notes.push(note)), notes };
}

/** Changes one bit of a file, at a position from its start, or from its end where negative. */
export function flipBit(path: string, position: number): void {
  const bytes = readFileSync(path);
  bytes[position < 0 ? bytes.length + position : position] ^= 1;
  writeFileSync(path, bytes);
}

/** Names in a folder; none if there is no such folder. */
export function namesIn(...path: string[]): string[] {
  try {
    return readdirSync(join(...path)).sort();
  } catch {
    return [];
  }
}

/** Feature sets for tests, with rows that show whose they are: image i, view v has the row (i, v, i + 0.5). */
import { join } from 'node:path';
import { digestOf, type FeatureSetKey } from '../../src/core/digest.js';
import { FeatureSet, type FeatureSetOptions } from '../../src/store/features/features.js';
import { Locks } from '../../src/store/disk/locks.js';
import { namesIn, type Scratch } from './scratch.js';

export const key = digestOf('set') as string as FeatureSetKey;
export const seal = { rows: 4, bytes: 1 << 20, milliseconds: 60_000 };
const memory = { bytes: 2 ** 20 };
const usual: Omit<FeatureSetOptions, 'locks'> = {
  key,
  preimage: { size: [224, 224] },
  rowLength: 3,
  type: 'float32',
  memory,
  seal,
};

export function open({ files }: Scratch, options: Partial<FeatureSetOptions> = {}): Promise<FeatureSet> {
  return FeatureSet.open(files, { ...usual, locks: new Locks(files), ...options });
}

export function imageViews(count: number, view = 0) {
  return Array.from({ length: count }, (_, i) => ({ digest: digestOf(`picture ${i}`), view }));
}

export function rowFor(i: number, view = 0): Float32Array {
  return Float32Array.of(i, view, i + 0.5);
}

export async function fill(set: FeatureSet, from: number, to: number, view = 0): Promise<void> {
  const all = imageViews(to, view);
  for (let i = from; i < to; i++) await set.append(all[i].digest, view, rowFor(i, view));
}

export async function readAll(set: FeatureSet, count: number, view = 0): Promise<{ out: number[]; missing: number[] }> {
  const out = new Float32Array(count * 3);
  const missing = await set.readInto(imageViews(count, view), out);
  return { out: Array.from({ length: count }, (_, i) => out[i * 3]), missing };
}

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

export function folderOf({ files }: Scratch): string {
  return join(files.root, 'v1', 'features', key);
}

export function packsOf(scratch: Scratch): string[] {
  return namesIn(folderOf(scratch))
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(folderOf(scratch), name));
}

/** Names of outputs: `metrics`, or `file:probes/1.png` for a file that is delivered under that name. */
import { isCount, isMapOf, isShapedAs, type Guard } from './guards.js';
import { isDigest, type BlobRef } from './digest.js';
import { isInnerPath } from './paths.js';
import type { Outputs } from './stage.js';

/** Begins the names of outputs that are files for people. */
export const FILE_PREFIX = 'file:';

/** Whether an output can have a name: one that is a path stays inside the folder that it is delivered into. */
export function isOutputName(name: string): boolean {
  return isInnerPath(name.startsWith(FILE_PREFIX) ? name.slice(FILE_PREFIX.length) : name);
}

export const isBlobRef: Guard<BlobRef> = isShapedAs({ digest: isDigest, size: isCount });
export const isOutputs: Guard<Outputs> = isMapOf(isBlobRef, isOutputName);

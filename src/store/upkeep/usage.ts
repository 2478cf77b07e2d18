/**
 * About how many bytes a store holds, `v1/usage.json`: counted when it is collected, and added to by every job that writes.
 * Jobs that end at the same moment may lose each other's part; the next count corrects that.
 */
import { join } from 'node:path';
import type { Files } from '../disk/files.js';
import { isFiniteNumber, isShapedAs, type Guard } from '../../core/guards.js';
import { seal, unseal } from '../disk/sealed-json.js';

export interface Usage {
  readonly bytes: number;
  /** When it was collected last, in milliseconds since 1970, and what was left then. */
  readonly collectedMs: number;
  readonly bytesCollected: number;
}

const pathOf = (files: Files): string => join(files.root, 'v1', 'usage.json');

export async function readUsage(files: Files): Promise<Usage | undefined> {
  const bytes = await files.readIfThere(pathOf(files), { limit: 4096 });
  const usage = bytes && parseUsage(bytes);
  return typeof usage === 'string' ? undefined : usage;
}

export async function writeUsage(files: Files, usage: Usage): Promise<void> {
  await files.publish(pathOf(files), seal(usage), { durable: false });
}

export function parseUsage(bytes: Buffer): Usage | string {
  const usage = unseal(bytes);
  if (typeof usage === 'string') return usage;
  return isUsage(usage) ? usage : 'not a valid count';
}

const isUsage: Guard<Usage> = isShapedAs({
  bytes: isFiniteNumber,
  collectedMs: isFiniteNumber,
  bytesCollected: isFiniteNumber,
});

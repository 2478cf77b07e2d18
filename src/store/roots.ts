/**
 * What the last run of each pipeline needs, `v1/roots/<digest of its path>.json`: the keys of its stages. Their records
 * say the rest. Results of a deleted pipeline file are kept as long as other unused results.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, isActionKey, type ActionKey } from '../core/digest.js';
import { isListOf, isOneOf, isShapedAs, isString, type Guard } from '../core/guards.js';
import type { Files } from './disk/files.js';
import { seal, unseal } from './disk/sealed-json.js';

const SIZE_LIMIT = 16 * 1024 * 1024;

export interface Root {
  readonly schema: 1;
  /** Absolute path of the pipeline file. */
  readonly pipeline: string;
  readonly keys: readonly ActionKey[];
}

/** Records what a run needs. Writes nothing if that is recorded already; rejects if it cannot be written. */
export async function putRoot(files: Files, pipeline: string, keys: readonly ActionKey[]): Promise<void> {
  const path = join(files.root, 'v1', 'roots', `${digestOf(pipeline)}.json`);
  const root: Root = { schema: 1, pipeline, keys: [...new Set(keys)].sort() };
  const bytes = seal(root);
  const before = await files.readIfThere(path, { limit: SIZE_LIMIT, use: true });
  if (before === undefined || !before.equals(bytes)) await files.publish(path, bytes, { durable: false });
}

/** Reads a root, or returns why it is not valid. */
export function parseRoot(bytes: Buffer): Root | string {
  const root = unseal(bytes);
  if (typeof root === 'string') return root;
  return isRoot(root) ? root : 'not a valid root';
}

const isRoot: Guard<Root> = isShapedAs({ schema: isOneOf(1), pipeline: isString, keys: isListOf(isActionKey) });

export async function readRoot(files: Files, path: string): Promise<Root | undefined> {
  const bytes = await files.readIfThere(path, { limit: SIZE_LIMIT });
  if (bytes === undefined) return undefined;
  const root = parseRoot(bytes);
  if (typeof root !== 'string') return root;
  await files.setAside(path, root);
  return undefined;
}

/** Whether the pipeline of a root is still there. */
export async function pipelineExists({ pipeline }: Root): Promise<boolean> {
  return (await stat(pipeline).catch(() => undefined)) !== undefined;
}

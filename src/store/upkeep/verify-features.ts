/**
 * Reads every row of a feature set. Packs with damaged rows are written again without them, so that the others stay.
 */
import { join } from 'node:path';
import { isFeatureSetKey, type Digest } from '../../core/digest.js';
import { isCount, isOneOf, isShapedAs } from '../../core/guards.js';
import { isPackName, packDigest, readPackShape, type PackShape } from '../features/feature-pack.js';
import type { Files } from '../disk/files.js';
import { hashFile } from '../disk/hashing.js';
import type { Item } from './inventory.js';
import { PackFolder } from '../features/pack-folder.js';
import { mergePacks, usualMergeLimits } from '../features/pack-merge.js';
import { unseal } from '../disk/sealed-json.js';
import { checkSealed } from './verify-file.js';

const DESCRIPTION_LIMIT = 1024 * 1024;

/** How many files of the set were damaged; they are moved away. */
export async function verifyFeatures(files: Files, { path, name }: Item): Promise<number> {
  let damaged = await checkSealed(
    files,
    join(path, 'set.json'),
    (bytes) => parseDescription(bytes, name),
    DESCRIPTION_LIMIT,
  );
  const shapes = new Map<string, PackShape>();
  for (const file of (await files.list(path)).filter(isPackName)) {
    const shape = await shapeOf(files, join(path, file), name);
    if (shape === 'damaged') damaged++;
    else if (shape !== 'gone') shapes.set(`${shape.type} ${shape.rowLength}`, shape);
  }
  for (const shape of shapes.values()) damaged += await verifyPacks(new PackFolder(files, path, shape));
  return damaged;
}

function parseDescription(bytes: Buffer, set: string): object | string {
  const content = unseal(bytes);
  if (typeof content === 'string') return content;
  if (!isDescription(content)) return 'not a valid description';
  return content.set === set ? content : 'describes another set';
}

const isDescription = isShapedAs({
  schema: isOneOf(1),
  set: isFeatureSetKey,
  type: isOneOf('float32', 'float16'),
  rowLength: isCount,
});

async function shapeOf(files: Files, path: string, set: string): Promise<PackShape | 'damaged' | 'gone'> {
  const file = await files.openIfThere(path);
  if (file === undefined) return files.noted(path) ? 'damaged' : 'gone';
  try {
    const shape = await readPackShape(file);
    if (shape?.set === set) return shape;
  } finally {
    await file.close();
  }
  await files.setAside(path, 'its header belongs to another set');
  return 'damaged';
}

async function verifyPacks(folder: PackFolder): Promise<number> {
  const { files } = folder;
  let damaged = await folder.refresh();
  const damagedPacks = new Set<number>();
  for (const [pack, { name }] of folder.packs.entries()) {
    const found = await digestOfPack(folder, pack);
    if (found === undefined || packDigest(name) === found) continue;
    files.note(folder.pathOf(pack), `its bytes hash to ${found}`);
    damagedPacks.add(pack);
    damaged++;
  }
  if (damagedPacks.size > 0) await mergePacks(folder, damagedPacks, usualMergeLimits);
  await folder.reader.close();
  return damaged;
}

async function digestOfPack(folder: PackFolder, pack: number): Promise<Digest | undefined> {
  const file = await folder.files.openIfThere(folder.pathOf(pack));
  if (file === undefined) return undefined;
  try {
    return (await hashFile(file)).digest;
  } finally {
    await file.close();
  }
}

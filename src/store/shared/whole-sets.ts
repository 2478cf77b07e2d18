/** All packs of a feature set at once: for those who share or fetch by hand what a run would do as it needs it. */
import { join } from 'node:path';
import type { Digest, FeatureSetKey } from '../../core/digest.js';
import type { Files } from '../disk/files.js';
import { isPackName, packDigest, packName, readPackShape } from '../features/feature-pack.js';
import { PackFolder } from '../features/pack-folder.js';
import type { SharedPacks } from './shared-packs.js';

function setFolder(files: Files, set: FeatureSetKey): string {
  return join(files.root, 'v1', 'features', set);
}

/** Whether a pack is here. */
export async function hasPack(files: Files, set: FeatureSetKey, pack: Digest): Promise<boolean> {
  return (await files.infoIfThere(join(setFolder(files, set), packName(pack))))?.isFile === true;
}

/** Offers every whole pack that is here, or those of them that are wanted. */
export async function offerSet(
  files: Files,
  set: FeatureSetKey,
  packs: SharedPacks,
  wanted?: ReadonlySet<Digest>,
): Promise<void> {
  const path = setFolder(files, set);
  // The first pack that can be read says how long a row is, which all packs of a set have in common.
  for (const name of await files.list(path)) {
    const file = isPackName(name) ? await files.openIfThere(join(path, name)) : undefined;
    if (file === undefined) continue;
    const shape = await readPackShape(file).finally(() => file.close());
    if (shape?.set !== set) continue;
    await new PackFolder(files, path, shape, packs).shareAll(wanted);
    return;
  }
}

/** Fetches every pack that is not here; returns how many came. */
export async function fetchSet(files: Files, set: FeatureSetKey, packs: SharedPacks): Promise<number> {
  const path = setFolder(files, set);
  const here = new Set((await files.list(path)).map(packDigest));
  let came = 0;
  for await (const pack of packs.look((digest) => here.has(digest)))
    if (await packs.bring(pack, join(path, packName(pack.digest, pack.origin)))) came++;
  return came;
}

/** Files of weights from the web: a single file as it is, or the model.json in an archive of several. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../core/digest.js';
import type { Download } from '../core/source.js';
import { archiveKindOf } from './archive/kind.js';
import { fetchFile } from './fetch.js';
import { openArchive } from './folder.js';
import type { FetchContext } from './network.js';

/** What a TF.js layers-model begins with. */
const MODEL = 'model.json';

/** A file of weights at hand. */
export interface BroughtWeights {
  readonly path: string;
  /** Of what was fetched. */
  readonly digest: Digest;
}

/** An archive without a model.json is a file of weights itself, as `.keras` files are. */
export async function bringWeights(source: Download, context: FetchContext): Promise<BroughtWeights> {
  const file = await fetchFile(source, context);
  if ((await archiveKindOf(file.path)) === undefined) return file;
  const folder = await openArchive(file, source.url, context);
  // At the top, or in a folder around all.
  for (const inside of ['', ...(await readdir(folder))]) {
    const path = join(folder, inside, MODEL);
    if ((await stat(path).catch(() => undefined))?.isFile()) return { path, digest: file.digest };
  }
  return file;
}

/** Files of weights from the web: a single file as it is, or the model.json in an archive of several. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../core/digest.js';
import type { Download, UnpackedFiles } from '../core/source.js';
import { archiveKindOf } from './archive/kind.js';
import { fetchFile } from './fetch.js';
import { openArchive } from './folder.js';
import type { FetchContext } from './network.js';

/** What a TF.js layers-model begins with. */
const MODEL = 'model.json';

/** A local weights file. */
export interface FetchedWeights {
  readonly path: string;
  /** Of what was fetched. */
  readonly digest: Digest;
  /** Of the files that may be read. */
  readonly files: ReadonlyMap<string, Digest>;
}

/** An archive without a model.json is a file of weights itself, as `.keras` files are. */
export async function fetchWeights(source: Download, context: FetchContext): Promise<FetchedWeights> {
  const file = await fetchFile(source, context);
  const alone = { path: file.path, digest: file.digest, files: new Map([[file.path, file.digest]]) };
  if ((await archiveKindOf(file.path)) === undefined) return alone;
  const folder = await openArchive(file, source.url, context);
  // At the top, or in a folder around all.
  for (const inside of ['', ...(await readdir(folder))]) {
    const path = join(folder, inside, MODEL);
    if ((await stat(path).catch(() => undefined))?.isFile())
      return { path, digest: file.digest, files: digestsOf(folder, context.sources.store.filesOf(file.digest)) };
  }
  return alone;
}

function digestsOf(folder: string, files: UnpackedFiles | undefined): Map<string, Digest> {
  return new Map(files?.paths.map((path, index) => [join(folder, path), files.digestAt(index)]));
}

/** Where ingest's pictures are: a folder, an archive, or an archive on the web. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../core/canonical.js';
import type { Digest } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import { archiveRoot, downloadOf, nameOf, pathOf, type Download, type UnpackedFiles } from '../../core/source.js';
import type { FolderListing, Probe, StageContext, Survey, SurveyContext } from '../../core/stage.js';
import { archiveKindOf } from '../../sources/archive/kind.js';
import { pinPreimage } from '../../sources/pins.js';

/** What a survey finds; archives are opened only by a run. */
export type Found =
  | { readonly kind: 'folder'; readonly listing: FolderListing }
  | { readonly kind: 'archive'; readonly path: string; readonly digest: Digest }
  | { readonly kind: 'download'; readonly download: Download };

/** The pictures, and how the output `files` names the folder that they lie in. */
export interface Listed {
  readonly listing: FolderListing;
  readonly root: string;
  /** The folder as people know it. */
  readonly shown: string;
}

export async function surveySource({ config, resolvePath, digestFolder, digestFile, lock }: SurveyContext<'ingest'>, probe: Probe): Promise<Survey> {
  const survey = (preimage: Readonly<Record<string, Json>>, found: Found, provisional = false): Survey => ({ preimage: { ...preimage, probe: probe.version }, found, provisional });
  const { source } = config;
  const download = downloadOf(source);
  if (download !== undefined) {
    const { preimage, provisional } = pinPreimage(download, lock);
    return survey({ archive: preimage }, { kind: 'download', download }, provisional);
  }

  const path = resolvePath(pathOf(source) ?? '');
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isDirectory()) {
    const listing = await digestFolder(path, probe);
    return survey({ files: listing.paths.length, content: listing.treeDigest }, { kind: 'folder', listing });
  }
  if (entry?.isFile() && (await archiveKindOf(path)) !== undefined) {
    const digest = await digestFile(path);
    return survey({ archive: digest }, { kind: 'archive', path, digest });
  }
  throw failure('bad-data', {
    code: 'source-missing',
    where: nameOf(source),
    field: ['source'],
    found: entry ? 'is neither a folder nor a .zip, .tar or .tar.gz' : 'is not there',
    expected: 'a folder of pictures, one folder a class, or an archive of one',
    remedy: 'correct `source`; it starts from the folder of the file, or from the one above where that is `pipelines/`',
  });
}

/** Opens what the survey found: this is where files are fetched and unpacked. */
export async function listSource(context: StageContext<'ingest'>, probe: Probe): Promise<Listed> {
  const { config: { source }, digestFolder } = context;
  const found = context.found as Found;
  if (found.kind === 'folder') return { listing: found.listing, root: pathOf(source) ?? '', shown: found.listing.root };
  const { digest, folder } = await openFound(found, context);
  const { topFolderOf } = await import('../../sources/archive/top.js');
  const top = await topFolderOf(folder);
  const listing = await digestFolder(join(folder, top), probe);
  requireUnpacked(listing, top, context.sources.store.filesOf(digest), nameOf(source));
  return { listing, root: archiveRoot(digest, top), shown: [nameOf(source), top].filter(Boolean).join('/') };
}

/** The pictures are kept under the archive's digest, so they must be those that came out of it. */
function requireUnpacked(listing: FolderListing, top: string, files: UnpackedFiles | undefined, shown: string): void {
  const digests = new Map(files?.paths.map((path, index) => [path, files.digestAt(index)]));
  const isSame = listing.paths.every((path, index) => digests.get(top === '' ? path : `${top}/${path}`) === listing.digestAt(index));
  if (!isSame) throw changedMeanwhile(shown);
}

async function openFound(found: Exclude<Found, { kind: 'folder' }>, context: StageContext<'ingest'>): Promise<{ digest: Digest; folder: string }> {
  const { openArchive } = await import('../../sources/folder.js');
  const name = nameOf(context.config.source);
  if (found.kind === 'archive') return { digest: found.digest, folder: await openArchive(found, name, context) };
  const { fetchFile } = await import('../../sources/fetch.js');
  const file = await fetchFile(found.download, context);
  return { digest: file.digest, folder: await openArchive(file, name, context) };
}

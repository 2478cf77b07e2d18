/** Where ingest's images are: a folder, an archive, or an archive on the web. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { canonical, type Json } from '../../core/canonical.js';
import type { ClassLayout } from '../../core/class-layout.js';
import { digestOf, type Digest } from '../../core/digest.js';
import { nameList } from '../../core/text/names.js';
import { nearest } from '../../core/text/did-you-mean.js';
import { failure } from '../../core/problem.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import { withoutTrailing } from '../../core/text/trailing.js';
import {
  accessOf,
  archiveRoot,
  bucketOf,
  bucketRoot,
  downloadOf,
  isParquet,
  isUrlTable,
  isPathRoot,
  nameOf,
  pathOf,
  type Download,
  type Origin,
  type UnpackedFiles,
} from '../../core/source.js';
import type { FolderListing } from '../../core/folder-listing.js';
import type { Probe, StageContext, Survey, SurveyContext } from '../../core/stage.js';
import { archiveKindOf } from '../../sources/archive/kind.js';
import type { LabelHint } from '../../sources/label-hint.js';
import { pinPreimage } from '../../sources/pins.js';
import { pathsOf } from '../../sources/url-list.js';
import { digestOfShards, shardsIn, type ShardFile } from '../../sources/shards.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { copiesOf, listBucket } from './bucket-source.js';
import { digestLabels } from './open-labels.js';
import type { NamedColumns } from './table-columns.js';
import {
  columnsOf,
  requireTable,
  tableAsSource,
  tableInProject,
  tableInside,
  tableOf,
  tablesInSource,
  tablesOfSplits,
  type FoundTable,
} from './table-source.js';
import { sourceMissing } from './source-missing.js';
import { notImages, parquetHasUrls, surveyUrls, urlsOf } from './url-source.js';

/** What a survey finds; archives are opened only by a run. */
export type Found =
  | {
      readonly kind: 'folder';
      readonly listing: FolderListing;
      readonly tables?: readonly FoundTable[];
    }
  | {
      readonly kind: 'bucket';
      readonly listing: FolderListing;
      readonly tables?: readonly FoundTable[];
    }
  | {
      readonly kind: 'archive';
      readonly path: string;
      readonly digest: Digest;
      readonly tables?: readonly FoundTable[];
    }
  | { readonly kind: 'shards'; readonly shards: readonly ShardFile[] }
  | { readonly kind: 'urls'; readonly table: FoundTable }
  | { readonly kind: 'download'; readonly download: Download; readonly tables?: readonly FoundTable[] };

/** The images, and how the output `files` names their folder. */
export interface Listed {
  readonly listing: FolderListing;
  readonly root: string;
  /** The folder as people know it. */
  readonly shown: string;
  /** The tables with the labels, if there are any, and which columns of them are meant. */
  readonly tables?: { readonly found: readonly FoundTable[]; readonly columns: NamedColumns };
}

export async function surveySource(context: SurveyContext<'ingest'>, probe: Probe): Promise<Survey> {
  const { config, resolvePath, digestFolder, digestFile, lock } = context;
  const survey = (preimage: Readonly<Record<string, Json>>, found: Found, provisional = false): Survey => ({
    preimage: { ...preimage, probe: probe.version },
    found,
    provisional,
  });
  const { source } = config;
  const named = tableOf(config);
  /** A table beside an archive; one inside is under the digest of the archive. */
  const besideArchive = async (): Promise<{ tables?: readonly FoundTable[]; labels?: Digest }> => {
    const tables = named && (await tableInProject(named, context));
    return tables === undefined ? {} : { tables, labels: await digestLabels(named!.columns, tables, context) };
  };
  const download = downloadOf(source);
  if (download !== undefined) {
    const { preimage, provisional } = pinPreimage(download, lock);
    const { tables, labels } = await besideArchive();
    return survey(
      { archive: preimage, ...(labels && { labels }) },
      { kind: 'download', download, tables },
      provisional,
    );
  }

  /** One file per image, with its labels in folders, names or tables. */
  const surveyFiles = async (
    kind: 'folder' | 'bucket',
    listing: FolderListing,
    tables: readonly FoundTable[] | undefined,
  ): Promise<Survey> => {
    // What is not read may be a class or an image that is missing: otherwise a run could look like one in which it did not exist.
    const unread: Readonly<Record<string, Json>> =
      listing.passedOver.length === 0 ? {} : { unread: digestOf(canonical(listing.passedOver as unknown as Json)) };
    if (tables === undefined)
      return survey({ files: listing.count, content: listing.treeDigest, ...unread }, { kind, listing });
    const labels = await digestLabels(columnsOf(config), tables, context);
    return survey({ ...contentBeside(tables, listing), ...unread, labels }, { kind, listing, tables });
  };
  const bucket = bucketOf(source);
  if (bucket !== undefined) {
    const listing = await listBucket(bucket, probe, context);
    const inProject = named && (await tableInProject(named, context));
    const inBucket = inProject ?? tablesOf(config, listing, bucket.address);
    return surveyFiles('bucket', listing, inBucket && (await copiesOf(inBucket, listing, bucket, context)));
  }
  const path = resolvePath(pathOf(source) ?? '');
  const entry = await stat(path).catch(undefinedIfMissing);
  if (entry?.isDirectory()) {
    const folder = await insideOf(path, source);
    const listing = await digestFolder(folder, probe, 'followed');
    const shards = named === undefined ? shardsIn(listing) : [];
    if (shards.length > 0) return surveyShards(shards, listing, survey, config);
    const tables =
      (named && (await tableInProject(named, context, listing))) ?? tablesOf(config, listing, sourceName(source));
    return surveyFiles('folder', listing, tables);
  }
  const kind = entry?.isFile() ? await archiveKindOf(path) : undefined;
  const isOfUrls =
    kind === undefined
      ? entry?.isFile() === true && isUrlTable(path)
      : kind === 'parquet' && isParquet(path) && (await parquetHasUrls(path, nameOf(source), context));
  if (kind !== undefined && !isOfUrls) {
    const digest = await digestFile(path);
    const { tables, labels } = await besideArchive();
    const rows: Record<string, Json> =
      kind === 'parquet' && named === undefined ? { on_bad_row: config.on_bad_row } : {};
    return survey({ archive: digest, ...rows, ...(labels && { labels }) }, { kind: 'archive', path, digest, tables });
  }
  if (isOfUrls) {
    const table = { path, where: nameOf(source) };
    const { preimage, provisional } = await surveyUrls(table, tableAsSource(config), context);
    return survey({ ...preimage, on_bad_row: config.on_bad_row }, { kind: 'urls', table }, provisional);
  }
  throw sourceMissing(nameOf(source), entry !== undefined);
}

function surveyShards(
  names: readonly string[],
  listing: FolderListing,
  survey: (preimage: Readonly<Record<string, Json>>, found: Found) => Survey,
  { on_bad_row }: IngestConfig,
): Survey {
  const shards = names.map((name) => ({
    name,
    path: join(listing.root, name),
    digest: listing.digestAt(listing.paths.indexOf(name)),
  }));
  return survey({ archive: digestOfShards(shards), on_bad_row }, { kind: 'shards', shards });
}

/** The tables in the source of an archive or a folder; undefined if labels are not in tables. */
function tablesOf(config: IngestConfig, listing: FolderListing, shown: string): readonly FoundTable[] | undefined {
  const named = tableOf(config);
  if (named !== undefined) return tablesInSource(named, listing, shown, config.split_folders);
  const tables = tablesOfSplits(config, listing, shown);
  if (tables.length > 0) return tables;
  requireTable(config);
  return undefined;
}

/** The files of a folder but for the tables, of which only what is read is in the key. */
function contentBeside(tables: readonly FoundTable[], listing: FolderListing): Record<string, Json> {
  const { paths, treeDigest } = listing;
  const inside = new Set(tables.flatMap((table) => table.inside ?? []));
  if (inside.size === 0) return { files: paths.length, content: treeDigest };
  const others = paths.flatMap((path, index) => (inside.has(path) ? [] : `${path}\0${listing.digestAt(index)}`));
  return { files: others.length, content: digestOf(`tree of images\n${others.join('\0')}`) };
}

/** A path that cannot be read for another reason is not reported as missing. */
function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

/** Opens what the survey found: this is where files are fetched and unpacked. */
export async function listSource(context: StageContext<'ingest'>, probe: Probe): Promise<Listed> {
  const {
    config,
    config: { source },
    digestFolder,
  } = context;
  const found = context.found as Found;
  const inside = insideNameOf(source);
  if (found.kind === 'folder' || found.kind === 'bucket')
    return {
      listing: found.listing,
      root:
        found.kind === 'bucket'
          ? bucketRoot(found.listing.treeDigest)
          : [pathOf(source) ?? '', inside].filter(Boolean).join('/'),
      shown: found.listing.root,
      tables: found.tables && { found: found.tables, columns: columnsOf(config) },
    };
  if (found.kind === 'urls') return listUrls(found.table, context, probe);
  const { digest, folder, isTable } = await openFound(found, context);
  const listing = await digestFolder(await insideOf(folder, source), probe);
  requireUnpacked(listing, inside, context.sources.store.filesOf(digest), nameOf(source));
  const shown = sourceName(source);
  const root = archiveRoot(digest, inside);
  if (tableOf(config) === undefined && isTable) {
    const inTable = tableInside(config);
    // Its lines are the rows of the source, which people know.
    const tables = tablesInSource(inTable, listing, shown, undefined).map((table) => ({ ...table, where: shown }));
    return { listing, root, shown, tables: { found: tables, columns: inTable.columns } };
  }
  const tables = ('tables' in found && found.tables) || tablesOf(config, listing, shown);
  return { listing, root, shown, tables: tables && { found: tables, columns: columnsOf(config) } };
}

async function listUrls(table: FoundTable, context: StageContext<'ingest'>, probe: Probe): Promise<Listed> {
  const { fetchUrls } = await import('../../sources/fetch-urls.js');
  const { config, digestFolder, sources } = context;
  const named = tableAsSource(config);
  const { where } = table;
  const urls = await urlsOf(table, named);
  const fetched = await fetchUrls(urls, { where, onBadRow: config.on_bad_row }, context, accessOf(config.source));
  const listing = await digestFolder(fetched.folder, probe);
  requireUnpacked(listing, '', sources.store.filesOf(fetched.digest), where);
  const files = pathsOf(urls);
  const unusable = config.on_bad_image === 'skip' ? [] : notImages(files, listing);
  const found = [{ ...table, files, gone: new Map([...fetched.leftOut, ...unusable]) }];
  return { listing, root: archiveRoot(fetched.digest, ''), shown: where, tables: { found, columns: named.columns } };
}

/** A source with the folder in it that is read, as people know it. */
export function sourceName(source: Origin): string {
  return [nameOf(source), insideNameOf(source)].filter(Boolean).join('/');
}

/** `inside` of a source, without a `/` at its end. */
function insideNameOf(source: Origin): string {
  return typeof source === 'string' ? '' : withoutTrailing(source.inside ?? '', '/');
}

/** The folder of a source that is read. Throws `bad-data` if there is none. */
async function insideOf(folder: string, source: Origin): Promise<string> {
  const inside = insideNameOf(source);
  const path = join(folder, inside);
  if (inside === '' || (await stat(path).catch(() => undefined))?.isDirectory()) return path;
  const parent = dirname(path);
  const names = (await readdir(parent, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const near = nearest(basename(inside), names);
  throw failure('bad-data', {
    code: 'inside-missing',
    where: nameOf(source),
    field: ['source', 'inside'],
    found: `has no folder \`${inside}\``,
    expected: names.length === 0 ? 'a folder in the source' : `one of the folders ${nameList(names, 'or')}`,
    remedy:
      near === undefined
        ? 'correct `inside`, or remove it: a single folder around the images is found without it'
        : `did you mean \`${near}\`?`,
  });
}

/** The hint for images that are not in class folders. */
export async function hintFor(
  { classes, question }: ClassLayout,
  { listing, root }: Listed,
): Promise<LabelHint | undefined> {
  if (question !== undefined || classes.length >= 2) return undefined;
  // One import after the other: the second module imports the first.
  const { guessLabels } = await import('../../sources/label-guess.js');
  const { labelHint } = await import('../../sources/label-hint.js');
  return labelHint(await guessLabels(listing), listing.paths, isPathRoot(root) ? root : undefined);
}

/** The images are cached under the archive's digest, so they must be the ones from the archive. */
function requireUnpacked(
  listing: FolderListing,
  inside: string,
  files: UnpackedFiles | undefined,
  shown: string,
): void {
  const digests = new Map(files?.paths.map((path, index) => [path, files.digestAt(index)]));
  const isSame = listing.paths.every(
    (path, index) => digests.get(inside === '' ? path : `${inside}/${path}`) === listing.digestAt(index),
  );
  if (!isSame) throw changedMeanwhile(shown);
}

interface Opened {
  readonly digest: Digest;
  readonly folder: string;
  /** Whether its labels are in a table beside the images. */
  readonly isTable: boolean;
}

async function openFound(
  found: Extract<Found, { kind: 'archive' | 'shards' | 'download' }>,
  context: StageContext<'ingest'>,
): Promise<Opened> {
  const name = nameOf(context.config.source);
  if (found.kind === 'shards') {
    const { openShards } = await import('../../sources/shards.js');
    const folder = await openShards(found.shards, name, context);
    return { digest: digestOfShards(found.shards), folder, isTable: true };
  }
  const { openArchive } = await import('../../sources/folder.js');
  const { fetchFile } = await import('../../sources/fetch.js');
  const file = found.kind === 'archive' ? found : await fetchFile(found.download, context);
  const isTable = (await archiveKindOf(file.path)) === 'parquet';
  return { digest: file.digest, folder: await openArchive(file, name, context), isTable };
}

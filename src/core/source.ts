/** Files from elsewhere: what a pipeline says about them, and what the code that fetches them may ask for. */
import { isDigest, type Digest, type BlobRef } from './digest.js';
import { withoutTrailing } from './text/trailing.js';
import { staysInside } from './paths.js';
import type { FolderListing } from './folder-listing.js';
import type { BucketPlace } from './image-place.js';

/** A file on the web, and what its bytes have to be. */
export interface Download {
  readonly url: string;
  readonly sha256?: string;
  /** Of old publications, which name no better digest; only together with the size. */
  readonly md5?: string;
  /** In bytes. */
  readonly size?: number;
  /** The most bytes that are taken where no size is known. */
  readonly largest?: number;
  /** The tool itself chose the URL, and its publisher pins nothing: not even the size has to be known. */
  readonly published?: boolean;
  /**
   * Where a mirror folder has the file, with `/`, if the last part of the URL does not distinguish it from others.
   * Default: that part.
   */
  readonly mirrored?: string;
  /** Addresses of a private network may be asked, also by redirects. */
  readonly allowPrivate?: boolean;
  /** Names of request headers, and of the environment variables with their values. */
  readonly headersEnv?: Readonly<Record<string, string>>;
  /** The field beside which people set headers. Default: `url`. */
  readonly headersBeside?: string;
}

/** What a lock file holds of a download. */
export interface LockedFile {
  readonly sha256: string;
  readonly size: number;
}

export interface DownloadLock {
  /** The lock file, as people read its path. */
  readonly file: string;
  /** False if what is set is known to this run alone: the pipeline was changed on the command line. */
  readonly written: boolean;
  get(url: string): LockedFile | undefined;
  /** Keeps what a download turned out to be. */
  set(url: string, file: LockedFile): Promise<void>;
}

/** A whole file on disk whose bytes have just been hashed. */
export interface VerifiedFile extends BlobRef {
  readonly path: string;
}

/** The part of the store that files from elsewhere go through. */
export interface SourceStore {
  /** A kept file by its digest, hashed again; undefined if it is missing or damaged. */
  verified(digest: Digest): Promise<VerifiedFile | undefined>;
  /** Keeps bytes given in chunks. */
  putBlob(chunks: AsyncIterable<Uint8Array>): Promise<BlobRef>;
  /** Moves a whole, synced file of the store's temporary folder to where files of this digest are kept. */
  adopt(temporary: string, ref: BlobRef): Promise<VerifiedFile>;
  /** Takes hold of what an interrupted download left, or of nothing, as a path in the temporary folder. */
  claimPartial(name: Digest): Promise<string>;
  /** Leaves a partial file for the next attempt to continue. */
  releasePartial(name: Digest, path: string): Promise<void>;
  /** The file that once turned out to have these digests of another kind. */
  recall(pins: { readonly md5: string; readonly size: number }): Promise<BlobRef | undefined>;
  remember(pins: { readonly md5: string; readonly size: number }, ref: BlobRef): Promise<void>;
  /** The folder of an unpacked archive, whole and with the right bytes; undefined if there is none. */
  unpacked(archive: Digest): Promise<string | undefined>;
  /** Makes that folder; `fill` writes the files into an empty one, and nothing is kept if it fails. */
  unpack(archive: Digest, fill: (folder: string) => Promise<void>): Promise<string>;
  /** The files of an archive whose folder was given, as they were then. */
  filesOf(archive: Digest): UnpackedFiles | undefined;
}

/** Paths below the folder, hidden files left out. */
export type UnpackedFiles = Pick<FolderListing, 'paths' | 'digestAt'>;

export interface SourceHost {
  /** Nothing may be asked of the network. */
  readonly offline: boolean;
  /** A look ahead, which fetches nothing whatever was asked for. */
  readonly ahead?: boolean;
  /** A folder in which files are looked for by name before the network is asked. */
  readonly mirror: string | undefined;
  /** Lets tests serve files from this machine, by http. */
  readonly allowHttpLoopback: boolean;
  readonly lock: DownloadLock;
  readonly store: SourceStore;
  /** Does work about one thing, such as a URL, once at a time: callers in the meantime get the same result. */
  once<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** Where bytes come from, as a pipeline file says it: a path, a URL, or either of them with digests for the bytes. */
export type Origin =
  | string
  | ({ readonly path?: string; /** A folder in the source, with `/`. */ readonly inside?: string } & Partial<
      Pick<Download, 'url' | 'sha256' | 'md5' | 'size'>
    > & {
        readonly allow_private?: boolean;
        readonly headers_env?: Readonly<Record<string, string>>;
      } & Pick<BucketPlace, 'endpoint' | 'region' | 'addressing'>);

/** The download that an origin stands for; undefined for a path or a bucket. */
export function downloadOf(origin: Origin): Download | undefined {
  if (typeof origin === 'string') return isAddress(origin) ? { url: origin } : undefined;
  const { url, sha256, md5, size, allow_private: allowPrivate, headers_env: headersEnv } = origin;
  return url === undefined || isBucketAddress(url) ? undefined : { url, sha256, md5, size, allowPrivate, headersEnv };
}

/** Whether a file may be a table with the URLs of images, by its name. */
export function isUrlTable(path: string): boolean {
  return /\.(csv|tsv|tab|jsonl|ndjson)$/i.test(path);
}

/** The same, or a Parquet file, which may have the images or their URLs. */
export function mayHaveUrls(path: string): boolean {
  return isUrlTable(path) || isParquet(path);
}

/** Whether a file is named as Parquet files are. */
export function isParquet(path: string): boolean {
  return /\.parquet$/i.test(path);
}

/** How the URLs in a table are asked for, by the origin that names the table. */
export function accessOf(origin: Origin): Pick<Download, 'allowPrivate' | 'headersEnv'> {
  if (typeof origin === 'string') return {};
  const { allow_private: allowPrivate, headers_env: headersEnv } = origin;
  return { allowPrivate, headersEnv };
}

/** The part of a bucket that an origin stands for, with the folder that it names inside; undefined for anything else. */
export function bucketOf(origin: Origin): BucketPlace | undefined {
  const named: Exclude<Origin, string> = typeof origin === 'string' ? { url: origin } : origin;
  const { url, inside = '', endpoint, region, addressing } = named;
  if (url === undefined || !isBucketAddress(url)) return undefined;
  return {
    address: [url, inside]
      .map((part) => withoutTrailing(part, '/'))
      .filter(Boolean)
      .join('/'),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(addressing !== undefined && { addressing }),
  };
}

/** The path that an origin stands for; undefined for a download or a bucket. */
export function pathOf(origin: Origin): string | undefined {
  if (bucketOf(origin) !== undefined) return undefined;
  if (typeof origin !== 'string') return origin.path;
  return isAddress(origin) ? undefined : origin;
}

/** An origin as people know it. */
export function nameOf(origin: Origin): string {
  return typeof origin === 'string' ? origin : (origin.path ?? origin.url ?? '');
}

export function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text);
}

export function isBucketAddress(text: string): boolean {
  return /^s3:\/\//i.test(text);
}

const ARCHIVE = 'archive:';

/** Names a folder in an unpacked archive, the same on every machine: `archive:<digest>/<folder>`. */
export function archiveRoot(archive: Digest, folder: string): string {
  return `${ARCHIVE}${archive}${folder === '' ? '' : `/${folder}`}`;
}

/** What {@link archiveRoot} put together; undefined for the path of a folder, and for what leads out of the archive. */
export function parseArchiveRoot(root: string): { readonly archive: Digest; readonly folder: string } | undefined {
  const [start, ...folders] = root.split('/');
  const archive = start.startsWith(ARCHIVE) ? start.slice(ARCHIVE.length) : undefined;
  const folder = folders.join('/');
  return isDigest(archive) && (folder === '' || staysInside(folder)) ? { archive, folder } : undefined;
}

const BUCKET = 'bucket:';

/** Names what a bucket contains by a digest of it, so that results do not depend on where the bucket is. */
export function bucketRoot(content: Digest): string {
  return `${BUCKET}${content}`;
}

/** What {@link bucketRoot} put together; undefined for other roots. */
export function parseBucketRoot(root: string): Digest | undefined {
  const content = root.startsWith(BUCKET) ? root.slice(BUCKET.length) : undefined;
  return isDigest(content) ? content : undefined;
}

/** Whether a root is the path of a folder. */
export function isPathRoot(root: string): boolean {
  return !root.startsWith(ARCHIVE) && !root.startsWith(BUCKET);
}

/** Whether a text names a root: the path of a folder, a folder inside an archive, or the contents of a bucket. */
export function isRoot(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    !text.includes('\0') &&
    (!text.startsWith(ARCHIVE) || parseArchiveRoot(text) !== undefined) &&
    (!text.startsWith(BUCKET) || parseBucketRoot(text) !== undefined)
  );
}

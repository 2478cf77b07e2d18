/**
 * Images on the web, one URL each, as a table names them: fetched into the store, several at once, and put into a
 * folder there, as an archive's files are. The lock file pins all of them by one digest: an entry for each of a hundred
 * thousand would make it tens of megabytes that nobody can review.
 */
import { canonical, type Json } from '../core/canonical.js';
import { digestOf, isDigest, type Digest } from '../core/digest.js';
import { failure } from '../core/problem.js';
import type { DownloadLock, LockedFile } from '../core/source.js';
import { fileNameOf } from './fetch.js';

export interface ListedUrl {
  readonly url: string;
  /** What its bytes must have, if the table says it. */
  readonly sha256?: Digest;
  /** Where the table names it first, from 1. */
  readonly line?: number;
}

/** A table of URLs, and what becomes of a run if some of them have no image. */
export interface UrlTable {
  /** The table as people know it. */
  readonly where: string;
  readonly onBadRow: 'fail' | 'skip';
}

/** What a list comes to without anything being fetched; a plan remembers it by the digest of the table. */
export interface UrlListSummary {
  readonly count: number;
  /** Over URLs and digests, in their order. */
  readonly list: Digest;
  /** Over the digests alone; null if a row has none. */
  readonly pinned: Digest | null;
}

export function summaryOf(urls: readonly ListedUrl[]): UrlListSummary {
  const digests = urls.flatMap(({ sha256 }) => sha256 ?? []);
  return {
    count: urls.length,
    list: digestOf(`urls\n${urls.map(({ url, sha256 }) => canonical([url, sha256 ?? null])).join('\n')}`),
    pinned: digests.length === urls.length ? digestOf(`pinned urls\n${[...new Set(digests)].sort().join('\n')}`) : null,
  };
}

/** The name of a list in the lock file. */
function lockedName({ list }: UrlListSummary): string {
  return `urls:${list}`;
}

/**
 * What stands for the images in a key: provisional before the first use of a list that pins nothing. If URLs may be left
 * out, only the lock file says which are, also of a list that pins all.
 */
export function urlPreimage(
  summary: UrlListSummary,
  lock: DownloadLock,
  onBadRow: UrlTable['onBadRow'] = 'fail',
): { readonly preimage: Json; readonly provisional: boolean } {
  const isPinned = summary.pinned !== null;
  if (isPinned && onBadRow === 'fail') return { preimage: { pinned: summary.pinned }, provisional: false };
  const locked = lock.get(lockedName(summary));
  if (locked !== undefined) return { preimage: { files: locked.sha256 }, provisional: false };
  return { preimage: { list: summary.list }, provisional: true };
}

/** Over the digests of the files, in the order of their URLs; undefined for a URL that is left out. */
export function digestOfFiles(digests: readonly (Digest | undefined)[]): Digest {
  return digestOf(`files of urls\n${digests.map((digest) => digest ?? 'left out').join('\n')}`);
}

/** What the table or the lock file says that the files are. */
export function expectedFiles(
  urls: readonly ListedUrl[],
  summary: UrlListSummary,
  lock: DownloadLock,
  onBadRow: UrlTable['onBadRow'],
): Digest | undefined {
  if (summary.pinned !== null && onBadRow === 'fail') return digestOfFiles(urls.map(({ sha256 }) => sha256));
  const locked = lock.get(lockedName(summary))?.sha256;
  return isDigest(locked) ? locked : undefined;
}

/** The name of the folder with the files: other URLs give the same files other names. */
export function folderDigest(files: Digest, paths: Iterable<string>): Digest {
  return digestOf(`folder of urls\n${files}\n${[...paths].join('\n')}`);
}

/** The folder that all of them are in. */
export const IMAGES = 'images';

/** Where each URL's image is in the folder: numbered, because many sites call every file `image.jpg`. */
export function pathsOf(urls: readonly ListedUrl[]): ReadonlyMap<string, string> {
  return new Map(
    urls.map(({ url }, index) => {
      const name = fileNameOf(url).replace(/[^\p{L}\p{N}._-]/gu, '_');
      // The end has the ending, which says that it is an image.
      return [url, `${IMAGES}/${String(index + 1).padStart(7, '0')}-${name.slice(-60)}`];
    }),
  );
}

/** Compares what was fetched with the lock file, and writes it there if it is new; whether it is. */
export async function pinList(
  summary: UrlListSummary,
  files: LockedFile,
  lock: DownloadLock,
  onBadRow: UrlTable['onBadRow'],
): Promise<boolean> {
  if (summary.pinned !== null && onBadRow === 'fail') return false;
  const locked = lock.get(lockedName(summary));
  if (locked !== undefined && locked.sha256 !== files.sha256)
    throw failure('bad-data', {
      code: 'urls-changed',
      where: lockedName(summary),
      found:
        onBadRow === 'skip'
          ? 'some of these URLs give other images than when they were pinned, or others of them fail'
          : 'some of these URLs give other images than when they were pinned',
      expected: `the images that ${lock.file} pins`,
      remedy: `remove the entry from ${lock.file} to take the new images; a column \`sha256\` in the table shows which have changed`,
    });
  await lock.set(lockedName(summary), files);
  return locked === undefined;
}

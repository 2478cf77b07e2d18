/**
 * Images on the web, one URL each, as a table names them: fetched into the store, several at once, and put into a
 * folder there, as an archive's files are. The lock file pins all of them by one digest: an entry for each of a hundred
 * thousand would make it tens of megabytes that nobody can review.
 */
import { canonical, type Json } from '../core/canonical.js';
import { digestOf, type Digest } from '../core/digest.js';
import { failure } from '../core/problem.js';
import type { DownloadLock, LockedFile } from '../core/source.js';
import { fileNameOf } from './fetch.js';

export interface ListedUrl {
  readonly url: string;
  /** What its bytes must have, if the table says it. */
  readonly sha256?: Digest;
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
export function lockedName({ list }: UrlListSummary): string {
  return `urls:${list}`;
}

/** What stands for the images in a key: provisional before the first use of a list that pins nothing. */
export function urlPreimage(
  summary: UrlListSummary,
  lock: DownloadLock,
): { readonly preimage: Json; readonly provisional: boolean } {
  if (summary.pinned !== null) return { preimage: { pinned: summary.pinned }, provisional: false };
  const locked = lock.get(lockedName(summary));
  if (locked !== undefined) return { preimage: { files: locked.sha256 }, provisional: false };
  return { preimage: { list: summary.list }, provisional: true };
}

/** Where each URL's image is in the folder: numbered, because many sites call every file `image.jpg`. */
export function pathsOf(urls: readonly ListedUrl[]): ReadonlyMap<string, string> {
  return new Map(
    urls.map(({ url }, index) => {
      const name = fileNameOf(url).replace(/[^\p{L}\p{N}._-]/gu, '_');
      // The end has the ending, which says that it is an image.
      return [url, `images/${String(index + 1).padStart(7, '0')}-${name.slice(-60)}`];
    }),
  );
}

/** Compares what was fetched with the lock file, and writes it there if it is new; whether it is. */
export async function pinList(summary: UrlListSummary, files: LockedFile, lock: DownloadLock): Promise<boolean> {
  if (summary.pinned !== null) return false;
  const locked = lock.get(lockedName(summary));
  if (locked !== undefined && locked.sha256 !== files.sha256)
    throw failure('bad-data', {
      code: 'urls-changed',
      where: lockedName(summary),
      found: 'some of these URLs give other images than when they were pinned',
      expected: `the images that ${lock.file} pins`,
      remedy: `remove the entry from ${lock.file} to take the new images; a column \`sha256\` in the table shows which have changed`,
    });
  await lock.set(lockedName(summary), files);
  return locked === undefined;
}

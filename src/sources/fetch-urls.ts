/** Fetches the images of a list of URLs into a folder of the store. What has arrived is kept if a run stops. */
import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import PQueue from 'p-queue';
import type { Digest } from '../core/digest.js';
import type { Download, SourceHost, VerifiedFile } from '../core/source.js';
import { bytesText } from '../core/text/bytes-text.js';
import { count } from '../core/text/count.js';
import { checkedUrl } from './address.js';
import { limits } from './archive/limits.js';
import { fetchFile, fromNowOn } from './fetch.js';
import type { FetchContext } from './network.js';
import { asOne, MOST_FAILURES, rowFault, severalServers, tooMuch, type UrlFailure } from './url-failures.js';
import { UrlJournal } from './url-journal.js';
import {
  digestOfFiles,
  expectedFiles,
  folderDigest,
  IMAGES,
  pathsOf,
  pinList,
  summaryOf,
  type ListedUrl,
  type UrlTable,
} from './url-list.js';

const AT_ONCE = 8;
/** Between two events about progress. */
const PROGRESS = 50;

export interface FetchedUrls {
  /** Stands for the folder as an archive's digest does. */
  readonly digest: Digest;
  readonly folder: string;
  /** URLs that have no image, with why, as a sentence; none unless such rows are skipped. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/** Whether private networks may be asked, and which headers go with a request. */
type Access = Pick<Download, 'allowPrivate' | 'headersEnv'>;

/**
 * Throws as {@link fetchFile} does, for at most ten URLs. If bad rows are skipped, those whose servers have no such image
 * are left out, but not those that cannot be reached. Which ones the first run left out stays so: the pin is over what
 * is there and what is not.
 */
export async function fetchUrls(
  urls: readonly ListedUrl[],
  table: UrlTable,
  context: FetchContext,
  access: Access = {},
): Promise<FetchedUrls> {
  const { sources } = context;
  const { where, onBadRow } = table;
  if (urls.length > limits.entries)
    throw tooMuch(where, `names more than ${limits.entries.toLocaleString('en-US')} URLs`);
  // All before the first: a list that leads to an inner network asks nothing of anybody.
  const { allowPrivate } = access;
  const hosts = new Set(urls.map(({ url }) => checkedUrl(url, undefined, { ...sources, allowPrivate }).origin));
  if (access.headersEnv !== undefined && hosts.size > 1) throw severalServers(where, [...hosts]);
  const summary = summaryOf(urls);
  const paths = pathsOf(urls);
  return sources.once(`urls ${summary.list} ${onBadRow}`, async () => {
    const expected = expectedFiles(urls, summary, sources.lock, onBadRow);
    const known = expected === undefined ? undefined : folderDigest(expected, paths.values());
    const before = known === undefined ? undefined : await sources.store.unpacked(known);
    if (before !== undefined) {
      const leftOut = await leftOutOf(before, paths, sources.lock.file);
      return { digest: known!, folder: before, leftOut };
    }
    const { files, leftOut } = await fetchAll(urls, table, context, access);
    const pin = digestOfFiles(files.map((file) => file?.digest));
    const size = files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
    const isNew = await pinList(summary, { sha256: pin, size }, sources.lock, onBadRow);
    if (isNew && summary.pinned === null)
      context.note('first-use', `the images of ${where} are not pinned: ${fromNowOn(sources.lock, pin)}`);
    const digest = folderDigest(pin, paths.values());
    const there = await sources.store.unpacked(digest);
    return { digest, folder: there ?? (await putTogether(digest, [...paths.values()], files, sources)), leftOut };
  });
}

/** Which URLs were left out when the folder was made. */
async function leftOutOf(
  folder: string,
  paths: ReadonlyMap<string, string>,
  lockFile: string,
): Promise<ReadonlyMap<string, string>> {
  const names = new Set(await readdir(join(folder, IMAGES)));
  const missing = [...paths].filter(([, path]) => !names.has(basename(path)));
  return new Map(missing.map(([url]) => [url, `it had no image when ${lockFile} pinned the images of this table`]));
}

interface Fetched {
  /** In the order of the URLs. */
  readonly files: readonly (VerifiedFile | undefined)[];
  readonly leftOut: ReadonlyMap<string, string>;
}

async function fetchAll(
  urls: readonly ListedUrl[],
  { where, onBadRow }: UrlTable,
  context: FetchContext,
  access: Access,
): Promise<Fetched> {
  const { signal, name, emit, sources } = context;
  const journal = await UrlJournal.open(where, sources);
  const files = new Array<VerifiedFile | undefined>(urls.length).fill(undefined);
  const failures: UrlFailure[] = [];
  const leftOut: UrlFailure[] = [];
  const queue = new PQueue({ concurrency: AT_ONCE });
  let done = 0;
  let bytes = 0;
  context.note('download', `fetching ${count(urls.length, 'image')} that ${where} names by URL`);
  try {
    for (const [i, listed] of urls.entries()) {
      await queue.onSizeLessThan(AT_ONCE);
      signal.throwIfAborted();
      if (failures.length >= MOST_FAILURES) break;
      void queue.add(async () => {
        try {
          const file = await fetchOne(listed, journal, context, access);
          files[i] = file;
          bytes += file.size;
        } catch (error) {
          const skips = onBadRow === 'skip' && rowFault(error) !== undefined;
          (skips ? leftOut : failures).push({ listed, error });
          if (!skips) return;
        }
        done++;
        if (done % PROGRESS === 0 || done === urls.length)
          emit({ event: 'progress', stage: name, task: 'download', unit: 'pictures', done, total: urls.length });
      });
      if (bytes > limits.bytesInAll) throw tooMuch(where, `names images of more than ${bytesText(limits.bytesInAll)}`);
    }
  } finally {
    await queue.onIdle();
    await journal.close();
  }
  signal.throwIfAborted();
  if (failures.length > 0) throw asOne(failures, where);
  // An expired token or a server that has moved must not become an empty data set.
  if (leftOut.length === urls.length) throw asOne(leftOut.slice(0, MOST_FAILURES), where);
  return { files, leftOut: new Map(leftOut.map(({ listed, error }) => [listed.url, rowFault(error)!])) };
}

async function fetchOne(
  { url, sha256 }: ListedUrl,
  journal: UrlJournal,
  context: FetchContext,
  access: Access,
): Promise<VerifiedFile> {
  const { sources } = context;
  const known = sha256 ?? journal.digestOf(url);
  const kept = known === undefined ? undefined : await sources.store.verified(known);
  if (kept !== undefined) return kept;
  const { host, pathname } = new URL(url);
  const download = {
    ...access,
    url,
    sha256,
    published: true,
    mirrored: `${host.replace(':', '_')}${pathname}`,
    largest: limits.bytesAnEntry,
    headersBeside: 'source.path',
  };
  const file = await fetchFile(download, { ...context, ...quiet, sources: { ...sources, lock: noLock(sources) } });
  await journal.add(url, file);
  return file;
}

/** One note and one progress stand for all of them. */
const quiet: Pick<FetchContext, 'emit' | 'note'> = { emit: () => undefined, note: () => undefined };

function noLock({ lock: { file, written } }: SourceHost): SourceHost['lock'] {
  return { file, written, get: () => undefined, set: () => Promise.resolve() };
}

/** Makes the folder of names from the kept files. */
function putTogether(
  digest: Digest,
  paths: readonly string[],
  files: readonly (VerifiedFile | undefined)[],
  { store }: SourceHost,
): Promise<string> {
  return store.unpack(digest, async (folder) => {
    await mkdir(join(folder, IMAGES));
    for (const [i, file] of files.entries()) {
      if (file === undefined) continue;
      const target = join(folder, paths[i]);
      // A second name costs no space; some file systems have none.
      await link(file.path, target).catch(() => copyFile(file.path, target));
    }
  });
}

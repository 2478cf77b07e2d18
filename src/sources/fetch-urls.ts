/** Fetches the images of a list of URLs into a folder of the store. What has arrived is kept if a run stops. */
import { copyFile, link, mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import PQueue from 'p-queue';
import { digestOf, isDigest, type Digest } from '../core/digest.js';
import { isCount, isShapedAs, isString, parseJson } from '../core/guards.js';
import { asPipelineError, failure, PipelineError, type Problem } from '../core/problem.js';
import type { Download, DownloadLock, SourceHost, VerifiedFile } from '../core/source.js';
import { bytesText } from '../core/text/bytes-text.js';
import { count } from '../core/text/count.js';
import { nameList } from '../core/text/names.js';
import { checkedUrl } from './address.js';
import { limits } from './archive/limits.js';
import { fetchFile, fromNowOn } from './fetch.js';
import type { FetchContext } from './network.js';
import { lockedName, pathsOf, pinList, summaryOf, type ListedUrl } from './url-list.js';

const AT_ONCE = 8;
/** A run stops after so many that fail: each has been tried several times. */
const MOST_FAILURES = 10;
/** Between two events about progress. */
const PROGRESS = 50;

export interface FetchedUrls {
  /** Stands for the images as an archive's digest does. */
  readonly digest: Digest;
  readonly folder: string;
}

/** Whether private networks may be asked, and which headers go with a request. */
type Access = Pick<Download, 'allowPrivate' | 'headersEnv'>;

/** `where` is the table, as people know it. Throws as {@link fetchFile} does, for at most ten URLs. */
export async function fetchUrls(
  urls: readonly ListedUrl[],
  where: string,
  context: FetchContext,
  access: Access = {},
): Promise<FetchedUrls> {
  const { sources } = context;
  if (urls.length > limits.entries)
    throw tooMuch(where, `names more than ${limits.entries.toLocaleString('en-US')} URLs`);
  // All before the first: a list that leads to an inner network asks nothing of anybody.
  const { allowPrivate } = access;
  const hosts = new Set(urls.map(({ url }) => checkedUrl(url, undefined, { ...sources, allowPrivate }).origin));
  if (access.headersEnv !== undefined && hosts.size > 1) throw severalServers(where, [...hosts]);
  const summary = summaryOf(urls);
  return sources.once(`urls ${summary.list}`, async () => {
    const expected = expectedDigest(urls, sources.lock);
    const before = expected === undefined ? undefined : await sources.store.unpacked(expected);
    if (before !== undefined) return { digest: expected!, folder: before };
    const files = await fetchAll(urls, where, context, access);
    const digest = digestOfFiles(files.map((file) => file.digest));
    const size = files.reduce((sum, one) => sum + one.size, 0);
    if (await pinList(summary, { sha256: digest, size }, sources.lock))
      context.note('first-use', `the images of ${where} are not pinned: ${fromNowOn(sources.lock, digest)}`);
    const there = await sources.store.unpacked(digest);
    return { digest, folder: there ?? (await putTogether(digest, urls, files, sources)) };
  });
}

function digestOfFiles(digests: readonly string[]): Digest {
  return digestOf(`files of urls\n${digests.join('\n')}`);
}

/** What the table or the lock file says that the images are. */
function expectedDigest(urls: readonly ListedUrl[], lock: DownloadLock): Digest | undefined {
  const summary = summaryOf(urls);
  if (summary.pinned !== null) return digestOfFiles(urls.map(({ sha256 }) => sha256!));
  const locked = lock.get(lockedName(summary))?.sha256;
  return isDigest(locked) ? locked : undefined;
}

async function fetchAll(
  urls: readonly ListedUrl[],
  where: string,
  context: FetchContext,
  access: Access,
): Promise<VerifiedFile[]> {
  const { signal, name, emit, sources } = context;
  const journal = await Journal.open(where, sources);
  const files = new Array<VerifiedFile>(urls.length);
  const failures: unknown[] = [];
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
          files[i] = await fetchOne(listed, journal, context, access);
          bytes += files[i].size;
          done++;
          if (done % PROGRESS === 0 || done === urls.length)
            emit({ event: 'progress', stage: name, task: 'download', unit: 'pictures', done, total: urls.length });
        } catch (error) {
          failures.push(error);
        }
      });
      if (bytes > limits.bytesInAll) throw tooMuch(where, `names images of more than ${bytesText(limits.bytesInAll)}`);
    }
  } finally {
    await queue.onIdle();
    await journal.close();
  }
  signal.throwIfAborted();
  if (failures.length > 0) throw asOne(failures);
  return files;
}

async function fetchOne(
  { url, sha256 }: ListedUrl,
  journal: Journal,
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

/** The most severe category, with the problems of all. */
function asOne(failures: readonly unknown[]): PipelineError {
  const all = failures.map((error) => asPipelineError(error));
  const first = all.find(({ category }) => category === 'unsafe') ?? all[0];
  const problems = all.flatMap((error): readonly Problem[] => error.problems).slice(0, MOST_FAILURES);
  return new PipelineError(first.category, problems, { cause: first });
}

/** Makes the folder of names from the kept files. */
function putTogether(
  digest: Digest,
  urls: readonly ListedUrl[],
  files: readonly VerifiedFile[],
  { store }: SourceHost,
): Promise<string> {
  return store.unpack(digest, async (folder) => {
    for (const [i, path] of [...pathsOf(urls).values()].entries()) {
      const target = join(folder, path);
      // One folder, which is not there only before the first.
      if (i === 0) await mkdir(dirname(target));
      // A second name costs no space; some file systems have none.
      await link(files[i].path, target).catch(() => copyFile(files[i].path, target));
    }
  });
}

/** A row must not be able to have a secret sent to a server of its choice. */
function severalServers(where: string, servers: readonly string[]): PipelineError {
  return failure('unsafe', {
    code: 'headers-for-several-servers',
    where,
    field: ['source', 'headers_env'],
    found: `has URLs of ${servers.length} servers, ${nameList(servers)}, and all of them would get the headers`,
    expected: 'URLs of one server, as `headers_env` is set',
    remedy: 'split the table, or remove `headers_env`',
  });
}

function tooMuch(where: string, found: string): PipelineError {
  return failure('unsafe', {
    code: 'too-many-urls',
    where,
    found,
    expected: 'a table of images',
    remedy: 'split the table, or download the images yourself and name them by their files',
  });
}

const isEntry = isShapedAs({ url: isString, sha256: isDigest, size: isCount });

/**
 * Which URLs have been fetched for a table, one JSON object per line. Nothing trusts it: a file that it names is hashed
 * again before it is used.
 */
class Journal {
  private constructor(
    private readonly name: Digest,
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly digests: Map<string, Digest>,
    private readonly store: SourceHost['store'],
  ) {}

  static async open(where: string, { store }: SourceHost): Promise<Journal> {
    const name = digestOf(`urls of ${where}`);
    const path = await store.claimPartial(name);
    const text = await readFile(path, 'utf8').catch(() => '');
    const entries = text.split('\n').flatMap((line) => parseJson(line, isEntry) ?? []);
    const digests = new Map(entries.map(({ url, sha256 }) => [url, sha256]));
    return new Journal(name, path, await open(path, 'a'), digests, store);
  }

  digestOf(url: string): Digest | undefined {
    return this.digests.get(url);
  }

  async add(url: string, { digest, size }: VerifiedFile): Promise<void> {
    this.digests.set(url, digest);
    await this.file.appendFile(`${JSON.stringify({ url, sha256: digest, size })}\n`);
  }

  async close(): Promise<void> {
    await this.file.close();
    await this.store.releasePartial(this.name, this.path);
  }
}

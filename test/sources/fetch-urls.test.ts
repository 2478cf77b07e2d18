/** Lists of URLs against a real server: several at once, resumed, pinned, and no more than asked for. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { PipelineError } from '../../src/core/problem.js';
import type { LockedFile, SourceHost } from '../../src/core/source.js';
import { fetchUrls, type FetchedUrls } from '../../src/sources/fetch-urls.js';
import { pathsOf, summaryOf, urlPreimage, type ListedUrl } from '../../src/sources/url-list.js';
import { openStore } from '../../src/store/store.js';
import { file, FileServer, status } from './server.js';

let root: string;
let server: FileServer;
let locked: Map<string, LockedFile>;
let notes: string[];
let host: SourceHost;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'urls-'));
  server = await new FileServer().start();
  locked = new Map();
  notes = [];
  host = await hostOf('cache');
});
afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

async function hostOf(cache: string): Promise<SourceHost> {
  const store = await openStore(join(root, cache), { onDamage: () => undefined, tool: 'test' });
  return {
    offline: false,
    mirror: undefined,
    allowHttpLoopback: true,
    lock: {
      file: 'pets.lock.yaml',
      written: true,
      get: (url) => locked.get(url),
      set: (url, one) => Promise.resolve(void locked.set(url, one)),
    },
    store: store.sources,
    once: (_name, work) => work(),
  };
}

function fetch(
  urls: readonly ListedUrl[],
  sources: SourceHost = host,
  signal = new AbortController().signal,
): Promise<FetchedUrls> {
  const note = (_: string, text: string): void => void notes.push(text);
  return fetchUrls(urls, 'pets.csv', { name: 'ingest', sources, signal, emit: () => undefined, note });
}

const bytesOf = (i: number): Buffer => Buffer.from(`image ${i}`);

function served(count: number): ListedUrl[] {
  return Array.from({ length: count }, (_, i) => ({ url: server.on(`/pets/${i}/a.jpg?size=${i}`, file(bytesOf(i))) }));
}

test('all are fetched once, into files with numbers', async () => {
  const urls = served(30);
  const { folder, digest } = await fetch(urls);
  const paths = [...pathsOf(urls).values()];
  expect([paths[0], paths[29]]).toEqual(['images/0000001-a.jpg', 'images/0000030-a.jpg']);
  expect((await readdir(join(folder, 'images'))).sort()).toEqual(paths.map((path) => path.slice(7)));
  for (const [i, path] of paths.entries()) expect(await readFile(join(folder, path))).toEqual(bytesOf(i));
  expect(await fetch(urls)).toEqual({ folder, digest });
  expect(server.asked).toHaveLength(30);
  expect(notes).toEqual([
    'fetching 30 images that pets.csv names by URL',
    `the images of pets.csv are not pinned: the download has the sha256 ${digest}, which pets.lock.yaml pins from now on`,
  ]);
});

test('the lock file pins a list by one entry; changed images are refused elsewhere', async () => {
  const urls = served(3);
  const summary = summaryOf(urls);
  expect(urlPreimage(summary, host.lock)).toEqual({ preimage: { list: summary.list }, provisional: true });
  const { digest } = await fetch(urls);
  expect([...locked]).toEqual([[`urls:${summary.list}`, { sha256: digest, size: 21 }]]);
  expect(urlPreimage(summary, host.lock)).toEqual({ preimage: { files: digest }, provisional: false });
  server.on('/pets/1/a.jpg?size=1', file(Buffer.from('another')));
  await expect(fetch(urls, await hostOf('other'))).rejects.toThrow(/give other images than when they were pinned/);
});

test('a digest in the table pins each, and needs no lock file', async () => {
  const urls = served(3).map(({ url }, i) => ({ url, sha256: digestOf(bytesOf(i)) }));
  await fetch(urls);
  expect(locked.size).toBe(0);
  expect(urlPreimage(summaryOf(urls), host.lock).provisional).toBe(false);
  const [first, ...rest] = urls;
  const wrong = [{ ...first, sha256: digestOf('other') }, ...rest];
  await expect(fetch(wrong, await hostOf('other'))).rejects.toThrow(/has the sha256/);
});

test('what has arrived is not fetched again after a failure, nor for a longer list', async () => {
  const urls = served(40);
  const url = server.on('/gone.jpg', status(404));
  const failed = await fetch([...urls, { url }]).catch((error: unknown) => error as PipelineError);
  expect(failed).toBeInstanceOf(PipelineError);
  expect((failed as PipelineError).problems.map(({ where }) => where)).toEqual([url]);
  server.on('/gone.jpg', file(Buffer.from('here again')));
  server.asked.length = 0;
  await fetch([...urls, { url }]);
  expect(server.asked).toEqual(['/gone.jpg']);
});

test('a run ends after ten that fail', async () => {
  const urls = Array.from({ length: 200 }, (_, i) => ({ url: server.on(`/none/${i}`, status(404)) }));
  const failed = (await fetch(urls).catch((error: unknown) => error)) as PipelineError;
  expect(failed.problems).toHaveLength(10);
  expect(server.asked.length).toBeLessThan(30);
});

test('a URL of an inner network ends all before anything is asked', async () => {
  const urls = [...served(2), { url: 'https://169.254.169.254/latest' }];
  await expect(fetch(urls)).rejects.toMatchObject({ category: 'unsafe' });
  expect(server.asked).toEqual([]);
});

test('an image without end is ended', async () => {
  const url = server.on('/endless', (_, response) => {
    response.writeHead(200, { 'content-length': 2 ** 40 });
    response.write('x');
  });
  await expect(fetch([{ url }])).rejects.toThrow(/1,099,511,627,776 bytes|more than/);
});

test('offline: from a mirror, by host and path; otherwise named', async () => {
  const urls = served(2);
  const folder = new URL(urls[0].url).host.replace(':', '_');
  const mirror = join(root, 'mirror');
  for (const [i, { url }] of urls.entries()) {
    const path = join(mirror, folder, new URL(url).pathname);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, bytesOf(i));
  }
  await fetch(urls, { ...host, offline: true, mirror });
  expect(server.asked).toEqual([]);
  await expect(fetch(urls, { ...(await hostOf('other')), offline: true })).rejects.toThrow(/is not in the cache/);
});

/** Lists of URLs against a real server: several at once, resumed, pinned, and no more than asked for. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { PipelineError } from '../../src/core/problem.js';
import type { LockedFile, SourceHost } from '../../src/core/source.js';
import { fetchUrls, type FetchedUrls } from '../../src/sources/fetch-urls.js';
import { pathsOf, summaryOf, urlPreimage, type ListedUrl, type UrlTable } from '../../src/sources/url-list.js';
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
  onBadRow: UrlTable['onBadRow'] = 'fail',
): Promise<FetchedUrls> {
  const note = (_: string, text: string): void => void notes.push(text);
  const { signal } = new AbortController();
  const context = { name: 'ingest', sources, signal, emit: () => undefined, note };
  return fetchUrls(urls, { where: 'pets.csv', onBadRow }, context);
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
  expect(await fetch(urls)).toEqual({ folder, digest, leftOut: new Map() });
  expect(server.asked).toHaveLength(30);
  const [pin] = locked.values();
  expect(notes).toEqual([
    'fetching 30 images that pets.csv names by URL',
    `the images of pets.csv are not pinned: the download has the sha256 ${pin.sha256}, which pets.lock.yaml pins from now on`,
  ]);
});

test('the lock file pins a list by one entry; changed images are refused elsewhere', async () => {
  const urls = served(3);
  const summary = summaryOf(urls);
  expect(urlPreimage(summary, host.lock)).toEqual({ preimage: { list: summary.list }, provisional: true });
  await fetch(urls);
  expect([...locked]).toEqual([
    [`urls:${summary.list}`, { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), size: 21 }],
  ]);
  const [{ sha256 }] = locked.values();
  expect(urlPreimage(summary, host.lock)).toEqual({ preimage: { files: sha256 }, provisional: false });
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

test('the same images under other URLs are found by their own names', async () => {
  await fetch([{ url: server.on('/a.jpg', file(bytesOf(1))) }]);
  const renamed = [{ url: server.on('/b.jpg', file(bytesOf(1))) }];
  const { folder } = await fetch(renamed);
  expect(await readdir(join(folder, 'images'))).toEqual(['0000001-b.jpg']);
});

/** Twenty images, of which two are gone and one is another than the table pins. */
function withGone(): ListedUrl[] {
  return served(20).map(({ url }, i): ListedUrl => {
    if (i === 3 || i === 7) server.on(`/pets/${i}/a.jpg?size=${i}`, status(i === 3 ? 404 : 403));
    return { url, line: i + 2, ...(i === 9 && { sha256: digestOf('another') }) };
  });
}

test('rows whose URL has no image are left out, and stay so', async () => {
  const urls = withGone();
  const { folder, leftOut } = await fetch(urls, host, 'skip');
  expect([...leftOut.keys()].sort()).toEqual([3, 7, 9].map((i) => urls[i].url).sort());
  expect(leftOut.get(urls[3].url)).toBe('the server answers 404 Not Found');
  expect(leftOut.get(urls[9].url)).toBe(`has the sha256 ${digestOf(bytesOf(9))}, expected ${digestOf('another')}`);
  expect(await readdir(join(folder, 'images'))).toHaveLength(17);
  const key = urlPreimage(summaryOf(urls), host.lock, 'skip');
  expect(key.provisional).toBe(false);
  // One works again: the lock file says that it is left out, and nobody is asked.
  server.on('/pets/3/a.jpg?size=3', file(bytesOf(3)));
  server.asked.length = 0;
  const again = await fetch(urls, host, 'skip');
  expect([again.folder, [...again.leftOut.keys()].sort()]).toEqual([folder, [...leftOut.keys()].sort()]);
  expect([server.asked, urlPreimage(summaryOf(urls), host.lock, 'skip')]).toEqual([[], key]);
  // Without the cache it would be another data set.
  await expect(fetch(urls, await hostOf('other'), 'skip')).rejects.toThrow(/or others of them fail/);
  locked.clear();
  expect((await fetch(urls, await hostOf('third'), 'skip')).leftOut.size).toBe(2);
  expect(urlPreimage(summaryOf(urls), host.lock, 'skip')).not.toEqual(key);
});

test('a list that pins all is pinned as well if rows may be left out', async () => {
  const urls = served(4).map(({ url }, i) => ({ url, sha256: digestOf(bytesOf(i)) }));
  server.on('/pets/2/a.jpg?size=2', status(410));
  expect(urlPreimage(summaryOf(urls), host.lock, 'skip').provisional).toBe(true);
  await fetch(urls, host, 'skip');
  expect(urlPreimage(summaryOf(urls), host.lock, 'skip')).toMatchObject({
    preimage: { files: expect.any(String) },
    provisional: false,
  });
  await expect(fetch(urls)).rejects.toMatchObject({ category: 'bad-data' });
});

test('failures name the row, and one remedy stands for all', async () => {
  const failed = (await fetch(withGone()).catch((error: unknown) => error)) as PipelineError;
  const problems = [...failed.problems].sort((a, b) => a.where!.localeCompare(b.where!, 'en'));
  expect(problems.map(({ where }) => where)).toEqual(['pets.csv:11', 'pets.csv:5', 'pets.csv:9']);
  expect(problems[1].found).toMatch(/^names `http.*`: the server answers 404 Not Found$/);
  const remedies = failed.problems.flatMap(({ remedy }) => remedy ?? []);
  expect(remedies).toHaveLength(1);
  expect(remedies[0]).toContain('headers_env: {Authorization: PIPELINE_TOKEN}` beside `source.path`');
  expect(remedies[0]).toContain('on_bad_row: skip');
});

test('a table of which no URL works is refused, and so is one whose server cannot be reached', async () => {
  const urls = [1, 2].map((i) => ({ url: server.on(`/none/${i}`, status(404)), line: i + 1 }));
  const none = (await fetch(urls, host, 'skip').catch((error: unknown) => error)) as PipelineError;
  expect([none.category, none.problems.length, locked.size]).toEqual(['bad-data', 2, 0]);
  const silent = { url: server.on('/silent.jpg', (request) => void request.socket.destroy()), line: 9 };
  const lost = (await fetch([...served(2), silent], host, 'skip').catch((error: unknown) => error)) as PipelineError;
  expect([lost.category, lost.problems.map(({ where }) => where), locked.size]).toEqual([
    'input-output',
    ['pets.csv:9'],
    0,
  ]);
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

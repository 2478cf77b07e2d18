/** Headers from the environment: to the server of the URL alone, and into nothing that is written. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headersFrom } from '../../src/sources/headers.js';
import { transfer } from '../../src/sources/transfer.js';
import { file, FileServer } from './server.js';

let root: string;
let server: FileServer;
let other: FileServer;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'headers-'));
  [server, other] = [await new FileServer().start(), await new FileServer().start()];
});
afterEach(async () => {
  await Promise.all([server.stop(), other.stop()]);
  await rm(root, { recursive: true, force: true });
});

const fetchTo = (url: string): Promise<void> =>
  transfer(url, join(root, 'part'), {
    allowHttpLoopback: true,
    size: undefined,
    largest: 1000,
    retries: 0,
    backoffMs: 0,
    stallMs: 1000,
    signal: new AbortController().signal,
    headers: { Authorization: 'Bearer secret', 'X-Team': 'a' },
    onProgress: () => undefined,
    onRetry: () => undefined,
  });

test('the server gets them, also after a redirect to itself; another server does not', async () => {
  const seen: (string | undefined)[] = [];
  const bytes = Buffer.from('content');
  const target = other.on('/there', (request, response) => {
    seen.push(request.headers.authorization);
    file(bytes)(request, response);
  });
  server.on('/moved', (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(302, { location: target }).end();
  });
  const url = server.on('/first', (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(302, { location: '/moved' }).end();
  });
  await fetchTo(url);
  expect(await readFile(join(root, 'part'), 'utf8')).toBe('content');
  expect(seen).toEqual(['Bearer secret', 'Bearer secret', undefined]);
});

test.each([401, 403])('a server that answers %d: the remedy shows how to name a token', async (status) => {
  const url = server.on('/a', (_, response) => response.writeHead(status).end());
  await expect(fetchTo(url)).rejects.toMatchObject({
    problems: [
      { code: 'download-refused', remedy: expect.stringContaining('headers_env: {Authorization: PIPELINE_TOKEN}') },
    ],
  });
});

test.each([
  [{}, 'the environment variable PIPELINE_TOKEN is not set; it contains the header Authorization'],
  [{ PIPELINE_TOKEN: '' }, 'the environment variable PIPELINE_TOKEN is not set; it contains the header Authorization'],
  [
    { PIPELINE_TOKEN: 'secret\nHost: evil' },
    'the environment variable PIPELINE_TOKEN contains a line break or another character that a header cannot have',
  ],
])('%j is refused without being shown', (environment, found) => {
  const call = (): unknown => headersFrom({ Authorization: 'PIPELINE_TOKEN' }, environment, 'https://a/b.zip');
  expect(call).toThrow(
    expect.objectContaining({ category: 'invalid', problems: [expect.objectContaining({ found })] }),
  );
  expect(call).toThrow(expect.not.objectContaining({ message: expect.stringContaining('secret') }));
});

test('a value is passed on as it is', () => {
  expect(headersFrom({ 'X-A': 'PIPELINE_A' }, { PIPELINE_A: 'Bearer x=' }, '')).toEqual({ 'X-A': 'Bearer x=' });
});

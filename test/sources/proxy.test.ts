/** Requests that go through a proxy: which do, and what is reported of one that refuses, is silent or cannot be used. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PipelineError } from '../../src/core/problem.js';
import { proxyAddress } from '../../src/core/proxy.js';
import { transfer, type TransferOptions } from '../../src/sources/transfer.js';
import { ProxyServer } from './proxy-server.js';

const URL_BEHIND = 'https://files.example.com/pets.zip';
const variables = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'];

let root: string;
let proxy: ProxyServer;
let before: (string | undefined)[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'proxy-'));
  proxy = await new ProxyServer().start();
  before = variables.map((name) => process.env[name]);
  for (const name of variables) delete process.env[name];
});
afterEach(async () => {
  variables.forEach((name, at) => {
    if (before[at] === undefined) delete process.env[name];
    else process.env[name] = before[at];
  });
  await proxy.stop();
  await rm(root, { recursive: true, force: true });
});

const refusal = (url = URL_BEHIND, change: Partial<TransferOptions> = {}): Promise<unknown> =>
  transfer(url, join(root, 'part'), {
    allowHttpLoopback: false,
    size: undefined,
    largest: 1000,
    retries: 1,
    backoffMs: 0,
    stallMs: 200,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onRetry: () => undefined,
    ...change,
  }).then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof PipelineError)) throw new Error((error as Error).name);
      return { category: error.category, ...error.problems[0] };
    },
  );

test.each([
  [{ HTTPS_PROXY: 'http://proxy:3128' }, URL_BEHIND, 'http://proxy:3128'],
  [{ https_proxy: 'http://proxy:3128' }, URL_BEHIND, 'http://proxy:3128'],
  [{ ALL_PROXY: 'http://proxy:3128' }, URL_BEHIND, 'http://proxy:3128'],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'other.com,.example.com' }, URL_BEHIND, undefined],
  [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '*' }, URL_BEHIND, undefined],
  // By http only this machine is ever asked.
  [{ HTTP_PROXY: 'http://proxy:3128', ALL_PROXY: 'http://proxy:3128' }, 'http://127.0.0.1:80/a', undefined],
  [{}, URL_BEHIND, undefined],
])('%j: %s', async (environment, url, expected) => {
  Object.assign(process.env, environment);
  expect(await proxyAddress(url)).toBe(expected);
});

test.each([
  ['407 Proxy Authentication Required', 'HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT'],
  ['403 Forbidden', 'NO_PROXY'],
])('a proxy that answers %s is named, without the password', async (answer, remedy) => {
  process.env.HTTPS_PROXY = `http://me:secret@${proxy.host}`;
  proxy.behavior = { answer };
  expect(await refusal()).toEqual({
    category: 'input-output',
    code: 'proxy-refused',
    where: `http://${proxy.host}`,
    found: `the proxy answers ${answer}`,
    remedy: expect.stringContaining(remedy),
  });
  expect(proxy.asked).toEqual(['files.example.com:443']);
});

test('a proxy that says nothing is given up, and no connection to it stays open', async () => {
  process.env.HTTPS_PROXY = `http://${proxy.host}`;
  expect(await refusal()).toMatchObject({
    category: 'input-output',
    found: `could not be downloaded: through the proxy http://${proxy.host}: sent no data for 0.2 s`,
  });
  expect(proxy.asked).toHaveLength(2);
  while (proxy.openSockets > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a person who interrupts does not wait for the proxy', async () => {
  process.env.HTTPS_PROXY = `http://${proxy.host}`;
  const controller = new AbortController();
  const refused = refusal(URL_BEHIND, { signal: controller.signal, stallMs: 30_000 });
  while (proxy.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  await expect(refused).rejects.toThrow('AbortError');
});

test('a proxy of another kind, or that is not a URL, is refused', async () => {
  process.env.ALL_PROXY = 'socks5://127.0.0.1:1080';
  expect(await refusal()).toMatchObject({ category: 'invalid', code: 'bad-proxy', found: 'names a socks5 proxy' });
  process.env.ALL_PROXY = 'http://:::';
  expect(await refusal()).toMatchObject({ category: 'invalid', code: 'bad-proxy', found: 'is not a URL' });
});

test('an address on an inner network is refused before a proxy is asked', async () => {
  process.env.HTTPS_PROXY = `http://${proxy.host}`;
  expect(await refusal('https://10.0.0.1/pets.zip')).toMatchObject({ category: 'unsafe' });
  expect(proxy.asked).toEqual([]);
});

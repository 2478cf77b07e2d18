import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openObjectStore } from '../../src/object-store/open.js';
import type { ObjectStore } from '../../src/object-store/object-store.js';
import { bytesOf, contentOf, pagesOf, textAt } from './contents.js';
import { ScriptedServer, type Asked, type Reply } from './scripted.js';

const server = new ScriptedServer();
let store: ObjectStore;
beforeAll(async () => {
  await server.start();
  const timing = { backoffMs: 1 };
  store = await openObjectStore(`${server.origin}/team cache/`, { timing }, { PIPELINE_ALLOW_HTTP_LOOPBACK: '1' });
});
afterAll(() => server.stop());

const files: Readonly<Record<string, string>> = {
  '/team%20cache/v1/digits': '0123456789',
  '/team%20cache/a%20%2Bb%3F%C3%A9': 'odd',
};

/** As web servers do. */
function serve({ url, headers }: Asked): Reply {
  const text = files[url];
  if (text === undefined) return { status: 404, body: 'not here' };
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (from === 0) return { headers: { etag: '"e1"' }, body: text };
  if (from >= text.length) return { status: 416, headers: { 'content-range': `bytes */${text.length}` } };
  const range = `bytes ${from}-${text.length - 1}/${text.length}`;
  return { status: 206, headers: { etag: '"e1"', 'content-range': range }, body: text.slice(from) };
}

test('files are read and described by their names', async () => {
  server.script(serve);
  expect(await textAt(store, 'v1/digits')).toBe('0123456789');
  expect(await textAt(store, 'a +b?é')).toBe('odd');
  expect(await store.head('v1/digits')).toEqual({ size: 10, etag: 'e1' });
  const body = await store.get('v1/digits', { from: 7 });
  expect(body).toMatchObject({ size: 10, from: 7, etag: 'e1' });
  expect((await bytesOf(body))!.toString()).toBe('789');
  for (const from of [10, 99]) {
    expect(await store.get('v1/digits', { from })).toMatchObject({ size: 10, from: 10 });
    expect(await textAt(store, 'v1/digits', from)).toBe('');
  }
  for (const status of [404, 410]) {
    server.script({ status });
    expect(await store.get('none')).toBeUndefined();
    expect(await store.head('none')).toBeUndefined();
  }
});

test('it is neither written nor listed', async () => {
  server.script(serve);
  const refused = (verb: string): object => ({
    kind: 'read-only',
    message: `${server.origin}/team%20cache: files of a web server cannot be ${verb}; use s3:// or a folder`,
  });
  await expect(store.put('a', contentOf('x'))).rejects.toMatchObject(refused('written'));
  await expect(store.remove('a')).rejects.toMatchObject(refused('removed'));
  await expect(pagesOf(store, '')).rejects.toMatchObject(refused('listed'));
  expect(server.asked).toEqual([]);
});

test('a busy server is asked again, and a refusal is in words', async () => {
  server.script({ status: 503 }, { status: 500 }, { body: 'ok' });
  expect(await textAt(store, 'a')).toBe('ok');
  for (const [reply, kind, words] of [
    [{ status: 503 }, 'busy', /busy and asks to slow down/],
    [{ status: 401 }, 'denied', /denies access \(401\)/],
    [
      { status: 302, headers: { location: 'https://example.com/x' } },
      'failed',
      /redirects to https:\/\/example.com\/x; use that URL/,
    ],
    [{ status: 418 }, 'failed', /HTTP 418/],
    [{ headers: { 'content-encoding': 'gzip' }, body: 'ok' }, 'failed', /compressed/],
  ] as const) {
    server.script(reply);
    await expect(store.get('a')).rejects.toMatchObject({ kind, message: expect.stringMatching(words) });
  }
});

test('a name that leads elsewhere is refused', async () => {
  server.script(serve);
  for (const name of ['../a', 'a/../b', 'a//b', ''])
    await expect(store.get(name)).rejects.toMatchObject({ kind: 'failed' });
  expect(server.asked).toEqual([]);
});

test('a server that sends a byte now and then is given up like a silent one, and a slow one is not', async () => {
  let perChunk = 1;
  const dripping = createServer((_, response) => {
    response.writeHead(200, { 'content-length': 10 * 16 * 1024 });
    const timer = setInterval(() => response.write(Buffer.alloc(perChunk)), 30);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(dripping.address() as AddressInfo).port}`;
  try {
    const patient = { timing: { connectMs: 5000, silentMs: 1000, backoffMs: 1 } };
    const slow = await openObjectStore(origin, patient, { PIPELINE_ALLOW_HTTP_LOOPBACK: '1' });
    await expect(bytesOf(await slow.get('a'))).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/: only \d+ bytes in 1 s$/),
    });
    perChunk = 4 * 1024;
    expect((await bytesOf(await slow.get('a')))!.length).toBe(10 * 16 * 1024);
  } finally {
    dripping.closeAllConnections();
    dripping.close();
  }
});

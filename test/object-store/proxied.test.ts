/** A bucket that a company's proxy leads to. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openObjectStore } from '../../src/object-store/open.js';
import { ProxyServer, serveByTls } from '../sources/proxy-server.js';

const proxy = new ProxyServer();
beforeAll(() => proxy.start());
afterAll(() => proxy.stop());
afterEach(() => {
  delete process.env.HTTPS_PROXY;
});

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', HOME: '/nonexistent' };

async function failureThrough(address: string): Promise<unknown> {
  process.env.HTTPS_PROXY = address;
  const options = { endpoint: 'https://files.example.com', timing: { connectMs: 300, silentMs: 300, backoffMs: 1 } };
  const store = await openObjectStore('s3://team', options, keys);
  return store.get('a').catch((error: unknown) => error);
}

test('requests are tunneled, and the server shows its own certificate', async () => {
  const server = await serveByTls(Buffer.from('ok'));
  proxy.behavior = { to: server.port };
  // Nothing here knows who has signed it.
  expect(await failureThrough(`http://${proxy.host}`)).toMatchObject({
    kind: 'unreachable',
    message: `s3://team: files.example.com through the proxy http://${proxy.host}: the certificate is self-signed; NODE_EXTRA_CA_CERTS names a file with your own authority`,
  });
  expect(proxy.asked).toEqual(['files.example.com:443']);
  await server.stop();
});

test('what a proxy refuses is in words, without its password', async () => {
  proxy.behavior = { to: 1, credentials: 'me:right' };
  const error = await failureThrough(`http://me:hidden-secret@${proxy.host}`);
  expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('the proxy answers 407') });
  expect((error as Error).message).not.toContain('hidden-secret');
  proxy.behavior = { answer: '403 Forbidden' };
  expect(await failureThrough(`http://${proxy.host}`)).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('ask those who run the proxy'),
  });
});

test('a proxy that is silent or cannot be used is unreachable', async () => {
  proxy.behavior = 'silent';
  expect(await failureThrough(`http://${proxy.host}`)).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('no connection within 0.3 s'),
  });
  expect(await failureThrough('socks5://127.0.0.1:1')).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('HTTPS_PROXY: names a socks5 proxy'),
  });
});

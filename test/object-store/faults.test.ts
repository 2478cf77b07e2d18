/** A bucket behind a network with faults. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CredentialChain, fromEnvironment } from '../../src/object-store/credentials/credentials.js';
import { HttpClient } from '../../src/object-store/http-client.js';
import type { ObjectStore } from '../../src/object-store/object-store.js';
import { openObjectStore } from '../../src/object-store/open.js';
import { S3Store } from '../../src/object-store/s3/s3-store.js';
import { usualTiming } from '../../src/object-store/timing.js';
import { bytesOf, contentOf, noise, pagesOf, textAt } from './contents.js';
import { FaultyProxy } from './faulty-proxy.js';
import { BUCKET, describeWithVersitygw, environmentOf, startVersitygw, type S3Server } from './servers.js';

/** For what never comes. */
const impatient = { connectMs: 300, silentMs: 300, backoffMs: 1 };

describeWithVersitygw('a bucket behind a network with faults', () => {
  let server: S3Server;
  let proxy: FaultyProxy;
  const large = noise(4 * 1024 ** 2);
  beforeAll(async () => {
    server = await startVersitygw();
    proxy = await FaultyProxy.start(server.port);
    await (await server.open('writer')).put('large', contentOf(large));
    await (await server.open('writer')).put('small', contentOf('small'));
  });
  beforeEach(() => proxy.set({ kind: 'none' }));
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });
  const open = (timing = {}): Promise<ObjectStore> =>
    server.open('writer', `s3://${BUCKET}`, { endpoint: proxy.endpoint, timing: { backoffMs: 1, ...timing } });

  test('a server that is silent is unreachable', async () => {
    const store = await open(impatient);
    proxy.set({ kind: 'black-hole' });
    const expected = { kind: 'unreachable', message: `s3://${BUCKET}: 127.0.0.1:${proxy.port}: no data for 0.3 s` };
    await expect(store.get('small')).rejects.toMatchObject(expected);
    await expect(store.head('small')).rejects.toMatchObject(expected);
    await expect(pagesOf(store, '')).rejects.toMatchObject(expected);
    await expect(store.put('new', contentOf('x'))).rejects.toMatchObject(expected);
    await expect(store.put('new', contentOf(large))).rejects.toMatchObject(expected);
  });

  test('a connection that is not made in time is given up', async () => {
    proxy.set({ kind: 'black-hole' });
    // The server of TLS never says a word.
    const endpoint = `https://127.0.0.1:${proxy.port}`;
    const store = await server.open('writer', `s3://${BUCKET}`, { endpoint, timing: impatient });
    await expect(store.get('small')).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('no connection within 0.3 s'),
    });
  });

  test('a slow network is waited for', async () => {
    proxy.set({ kind: 'delay', ms: 20 });
    const store = await open();
    expect(await textAt(store, 'small')).toBe('small');
    await store.put('slow', contentOf('slow'));
    expect(await store.head('slow')).toMatchObject({ size: 4 });
  });

  test('an answer that breaks off fails in the middle, and can be continued', async () => {
    const store = await open();
    proxy.set({ kind: 'cut', after: 1024 ** 2, of: 'answers' });
    const body = await store.get('large');
    const parts: Uint8Array[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of body!.chunks) parts.push(chunk);
    };
    await expect(read()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('the connection broke'),
    });
    const begun = Buffer.concat(parts);
    expect(begun.length).toBeGreaterThan(0);
    expect(begun.length).toBeLessThan(1024 ** 2);
    proxy.set({ kind: 'none' });
    const rest = await bytesOf(await store.get('large', { from: begun.length }));
    expect(Buffer.concat([begun, rest!]).equals(large)).toBe(true);
  });

  test('a connection that breaks before the answer is made again, a few times', async () => {
    const store = await open();
    proxy.set({ kind: 'cut', after: 10, of: 'answers' }, 2);
    expect(await textAt(store, 'small')).toBe('small');
    proxy.set({ kind: 'cut', after: 100_000, of: 'requests' }, 1);
    await store.put('again', contentOf(large));
    expect((await bytesOf(await store.get('again')))!.equals(large)).toBe(true);
    proxy.set({ kind: 'cut', after: 10, of: 'answers' });
    const before = proxy.accepted;
    await expect(store.head('small')).rejects.toMatchObject({ kind: 'unreachable' });
    // A kept connection and one in its place, then two more attempts.
    expect(proxy.accepted - before).toBeLessThanOrEqual(4);
  });

  test('connections that the server has closed are made again', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 8 }, () => textAt(store, 'small')));
    proxy.closeConnections();
    const texts = await Promise.all(Array.from({ length: 8 }, () => textAt(store, 'small')));
    expect(texts).toEqual(Array(8).fill('small'));
  });

  test('operations end at once if their signal aborts, and many can share one', async () => {
    const store = await open();
    const aborting = new AbortController();
    const reason = new Error('the run ends');
    const warnings: unknown[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    const { signal } = aborting;
    const bodies = await Promise.all(Array.from({ length: 20 }, () => store.get('large', { signal })));
    proxy.set({ kind: 'black-hole' });
    const reads = bodies.map((body) => bytesOf(body));
    const waiting = [...reads, store.head('small', { signal }), store.put('new', contentOf(large), { signal })];
    aborting.abort(reason);
    expect((await Promise.allSettled(waiting)).map((result) => result.status === 'rejected' && result.reason)).toEqual(
      Array(22).fill(reason),
    );
    expect(warnings).toEqual([]);
  });

  test('a server that refuses and closes before it has taken everything is understood', async () => {
    const env = { ...environmentOf('writer'), AWS_SECRET_ACCESS_KEY: 'another' };
    const store = await openObjectStore(`s3://${BUCKET}`, { endpoint: server.endpoint }, env);
    for (let time = 0; time < 10; time++)
      await expect(store.put('refused', contentOf(large))).rejects.toMatchObject({
        kind: 'denied',
        message: expect.stringContaining('the secret access key is wrong'),
      });
  });

  test('a bit that changes on the way up is noticed by the server', async () => {
    const store = await open();
    proxy.set({ kind: 'flip', at: 100_000, of: 'requests' });
    await expect(store.put('flipped', contentOf(noise(200_000)))).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('another digest'),
    });
    proxy.set({ kind: 'none' });
    expect(await store.head('flipped')).toBeUndefined();
  });

  test('a bit that changes on the way down is left to the reader to find', async () => {
    const store = await open();
    proxy.set({ kind: 'flip', at: 1024 ** 2, of: 'answers' });
    const bytes = await bytesOf(await store.get('large'));
    expect(bytes).toHaveLength(large.length);
    expect(bytes!.filter((byte, index) => byte !== large[index])).toHaveLength(1);
  });

  test('clocks that are an hour apart are named', async () => {
    for (const hours of [-1, 1]) {
      const store = new S3Store(
        {
          ...{ address: `s3://${BUCKET}`, bucket: BUCKET, prefix: '', region: 'us-east-1', addressing: 'path' },
          endpoint: new URL(server.endpoint),
        },
        {
          credentials: new CredentialChain([fromEnvironment(environmentOf('writer'))]),
          client: new HttpClient(usualTiming),
          now: () => Date.now() + hours * 60 * 60_000,
        },
      );
      const expected = {
        kind: 'denied',
        message: expect.stringMatching(/: the clock is wrong: it is .* GMT here and .* GMT on the server/),
      };
      await expect(store.get('small')).rejects.toMatchObject(expected);
      await expect(store.head('small')).rejects.toMatchObject(expected);
      await expect(store.put('new', contentOf('x'))).rejects.toMatchObject(expected);
    }
  });

  // The last: it ends the server.
  test('a server that is killed in the middle of an answer is unreachable', async () => {
    // More than the buffers between the two hold.
    const path = join(server.folder, 'data', BUCKET, 'huge');
    await writeFile(path, '');
    await truncate(path, 128 * 1024 ** 2);
    const direct = await server.open('writer');
    const body = await direct.get('huge');
    const read = async (): Promise<void> => {
      for await (const _ of body!.chunks) server.process.kill('SIGKILL');
    };
    await expect(read()).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(direct.get('small')).rejects.toMatchObject({
      kind: 'unreachable',
      message: `s3://${BUCKET}: 127.0.0.1:${server.port}: nothing listens there (connection refused)`,
    });
  });
});

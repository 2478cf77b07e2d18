/** Answers that real servers give rarely, or that nobody honest gives. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openObjectStore } from '../../src/object-store/open.js';
import type { ObjectStore } from '../../src/object-store/object-store.js';
import { contentOf, pagesOf, textAt } from './contents.js';
import { refusal, ScriptedServer, type Reply } from './scripted.js';

const server = new ScriptedServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', HOME: '/nonexistent' };
const open = (environment: NodeJS.ProcessEnv = keys, options = {}): Promise<ObjectStore> =>
  openObjectStore('s3://team/prefix', { endpoint: server.origin, timing: { backoffMs: 1 }, ...options }, environment);
const ok: Reply = { body: 'ok' };

test('a busy server is asked again, three times in all', async () => {
  const store = await open();
  for (const busy of [
    refusal(503, 'SlowDown'),
    refusal(500, 'InternalError'),
    { status: 503 },
    { status: 429 },
    { status: 502 },
    refusal(400, 'RequestTimeout'),
  ]) {
    server.script(busy, busy, ok);
    expect(await textAt(store, 'a')).toBe('ok');
    expect(server.asked).toHaveLength(3);
  }
  server.script(refusal(503, 'SlowDown'));
  await expect(store.put('a', contentOf('content'))).rejects.toMatchObject({
    kind: 'busy',
    message: 's3://team/prefix: the server is busy and asks to slow down',
  });
  expect(server.asked.map(({ body }) => body)).toEqual(['content', 'content', 'content']);
});

test('what does not pass with time is not asked again', async () => {
  const store = await open();
  const cases: readonly (readonly [Reply, string, RegExp])[] = [
    [refusal(507, 'InsufficientStorage'), 'full', /full, or a quota is reached/],
    [{ status: 507 }, 'full', /full, or a quota is reached/],
    [refusal(403, 'QuotaExceeded'), 'full', /quota/],
    [refusal(403, 'AccessDenied'), 'denied', /access denied; give the user s3:GetObject/],
    [{ status: 403 }, 'denied', /access denied/],
    [
      refusal(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>'),
      'failed',
      /region `eu-west-1`, not to `us-east-1`; set region/,
    ],
    [{ status: 301, headers: { 'x-amz-bucket-region': 'eu-west-2' } }, 'failed', /`eu-west-2`/],
    [refusal(301, 'PermanentRedirect'), 'failed', /another region or endpoint/],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'failed', /HTTP 302/],
    [refusal(400, 'Strange&#10;Code'), 'failed', /the server answers Strange Code: because$/],
    [{ status: 400, body: `<!DOCTYPE Error [<!ENTITY e "x">]><Error><Code>&e;</Code></Error>` }, 'failed', /HTTP 400$/],
    [{ status: 418, body: 'x'.repeat(1_000_000) }, 'failed', /HTTP 418$/],
  ];
  for (const [reply, kind, message] of cases) {
    server.script(reply);
    await expect(store.put('a', contentOf('x'))).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
    expect(server.asked).toHaveLength(1);
  }
});

test('the reason for a refused HEAD is asked for', async () => {
  const store = await open();
  server.script({ status: 403 }, refusal(403, 'SignatureDoesNotMatch'));
  await expect(store.head('a')).rejects.toMatchObject({
    message: expect.stringContaining('secret access key is wrong'),
  });
  expect(server.asked.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
});

test('requests carry the digest, the size and the session token, and no secret', async () => {
  const store = await open({ ...keys, AWS_SESSION_TOKEN: 'session' });
  server.script(ok);
  await store.put('a b', contentOf('content'));
  const [{ url, headers, body }] = server.asked;
  expect({ url, body }).toEqual({ url: '/team/prefix/a%20b', body: 'content' });
  expect(headers).toMatchObject({
    'content-length': '7',
    'x-amz-content-sha256': contentOf('content').digest,
    'x-amz-security-token': 'session',
    authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/us-east-1\/s3\/aws4_request, /),
  });
  // Google's servers change accept-encoding on the way.
  const [, signed] = /SignedHeaders=([^,]+)/.exec(headers.authorization!)!;
  expect(signed).toBe('host;x-amz-content-sha256;x-amz-date;x-amz-security-token');
  expect(JSON.stringify(headers)).not.toContain('secret');
});

test('without credentials requests are not signed, which public buckets allow', async () => {
  const store = await open({ HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' });
  server.script(ok, refusal(403, 'AccessDenied'));
  expect(await textAt(store, 'a')).toBe('ok');
  expect(server.asked[0].headers.authorization).toBeUndefined();
  await expect(store.get('a')).rejects.toMatchObject({
    kind: 'denied',
    message:
      's3://team/prefix: access denied, and this machine has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  });
});

test('the bucket is in the host where that is asked for', async () => {
  // Names below localhost lead here.
  const endpoint = server.origin.replace('127.0.0.1', 'localhost');
  const { urlOf } = await import('../../src/object-store/s3/addressing.js');
  const url = urlOf({ bucket: 'team', endpoint: new URL(endpoint), addressing: 'virtual-host' }, 'a b', {
    prefix: 'p/q',
  });
  expect(url.href).toBe(`${endpoint.replace('localhost', 'team.localhost')}/a%20b?prefix=p%2Fq`);
});

const page = (content: string): Reply => ({ body: `<ListBucketResult>${content}</ListBucketResult>` });
const entry = (key: string, size = '1'): string =>
  `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>&quot;e&quot;</ETag></Contents>`;

test('a list that cannot be right is refused', async () => {
  const store = await open();
  const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>';
  for (const broken of [
    page(entry('elsewhere/a')),
    page(entry('prefix/a', '-1')),
    page(entry('prefix/a', '')),
    page(`<EncodingType>url</EncodingType>${entry('prefix/%zz')}`),
    page('<Contents></Contents>'),
    { body: '<Other></Other>' },
    { body: '<!DOCTYPE x><ListBucketResult></ListBucketResult>' },
    { body: 'no XML' },
    // The same page for ever.
    page(entry('prefix/a') + more),
  ]) {
    server.script(broken);
    await expect(pagesOf(store, '')).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/broken list/),
    });
  }
});

test('keys are read with or without the encoding of URLs, and the prefix itself is left out', async () => {
  const store = await open();
  server.script(page(entry('prefix/') + entry('prefix/a+b%20&amp;c&#x41;')));
  expect(await pagesOf(store, '')).toEqual([[{ name: 'a+b%20&cA', size: 1, etag: 'e' }]]);
  server.script(page(`<EncodingType>url</EncodingType>${entry('prefix/a+b%2B%20')}`));
  expect(await pagesOf(store, '')).toEqual([[{ name: 'a b+ ', size: 1, etag: 'e' }]]);
});

test('an answer to a range is read from where it begins', async () => {
  const store = await open();
  // Ignores the range.
  server.script(ok);
  expect(await store.get('a', { from: 1 })).toMatchObject({ from: 0, size: 2 });
  server.script({ status: 206, headers: { 'content-range': 'bytes 1-1/2', 'x-amz-version-id': 'v7' }, body: 'k' });
  expect(await store.get('a', { from: 1 })).toMatchObject({ from: 1, size: 2, version: 'v7' });
  server.script({ status: 206, headers: { 'content-range': 'nonsense' }, body: 'k' });
  await expect(store.get('a', { from: 1 })).rejects.toMatchObject({ kind: 'failed' });
});

import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { PipelineError } from '../../src/core/problem.js';
import { openObjectStore } from '../../src/object-store/open.js';
import { amazonEndpoint, urlOf, usualAddressing } from '../../src/object-store/s3/addressing.js';

const nowhere = { HOME: '/nonexistent' };
const addressOf = async (address: string, options = {}, environment: NodeJS.ProcessEnv = nowhere): Promise<string> =>
  (await openObjectStore(address, options, environment)).address;

test('each kind of address is opened, and shown without a slash at its end', async () => {
  expect(await addressOf('s3://bucket')).toBe('s3://bucket');
  expect(await addressOf('s3://my.bucket-1/a prefix/é//')).toBe('s3://my.bucket-1/a prefix/é');
  expect(await addressOf('S3://bucket/')).toBe('s3://bucket');
  expect(await addressOf('https://example.com/cache/')).toBe('https://example.com/cache');
  expect(await addressOf('file:///mnt/a%20b')).toBe('/mnt/a b');
  expect(await addressOf('/mnt/share')).toBe('/mnt/share');
  expect(await addressOf('share')).toBe(join(process.cwd(), 'share'));
  expect(await addressOf('http://127.0.0.1:8000/x', {}, { PIPELINE_ALLOW_HTTP_LOOPBACK: '1' })).toBe(
    'http://127.0.0.1:8000/x',
  );
});

test('an address or an option that cannot be used is refused, for the person who wrote it', async () => {
  const endpoint = (text: string): object => ({ endpoint: text });
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['s3://', {}, /names no bucket/],
    ['s3:bucket', {}, /names no bucket/],
    ['s3://a', {}, /names a bucket `a`/],
    ['s3://bad bucket/x', {}, /names a bucket `bad bucket`/],
    ['s3://bucket/a/../b', {}, /contains `\.` or `\.\.`/],
    ['s3://bucket', endpoint('storage.example.com'), /has the endpoint `storage.example.com`/],
    ['s3://bucket', endpoint('ftp://storage.example.com'), /has the endpoint/],
    ['s3://bucket', endpoint('https://name:hidden-secret@storage.example.com'), /with a user name or a password/],
    ['s3://bucket', { region: 'eu west' }, /has the region `eu west`/],
    ['s3://bucket', { ...endpoint('http://127.0.0.1:9000'), addressing: 'virtual-host' }, /has an IP address/],
    ['s3://bucket', { ...endpoint('http://[::1]:9000'), addressing: 'virtual-host' }, /has an IP address/],
    ['http://example.com/cache', {}, /uses http/],
    ['http://127.0.0.1/cache', {}, /uses http/],
    ['https://name:hidden-secret@example.com/cache', {}, /contains a user name or a password/],
    ['https://example.com/cache?token=hidden-secret', {}, /has a query/],
    ['https://', {}, /is not a URL/],
    ['https://example.com/cache', { region: 'eu-west-1' }, /has the option `region`, which only buckets have/],
    ['/mnt/share', endpoint('https://storage.example.com'), /has the option `endpoint`/],
    ['gs://bucket', {}, /starts with `gs:`/],
    ['file://other-machine/share', {}, /is not the URL of a folder of this machine/],
    ['', {}, /is empty/],
  ];
  for (const [address, options, found] of cases) {
    const error = await addressOf(address, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PipelineError);
    const { category, problems } = error as PipelineError;
    expect(category).toBe('invalid');
    expect(problems).toMatchObject([{ code: 'bad-object-store', found: expect.stringMatching(found) }]);
    expect(JSON.stringify(problems)).not.toContain('hidden-secret');
  }
});

test('buckets of Amazon are in the host, and others in the path', () => {
  const bucket = (name: string, endpoint: URL): string =>
    urlOf({ bucket: name, endpoint, addressing: usualAddressing(name, endpoint) }, 'a+b//c', { prefix: 'x y/' }).href;
  const query = '?prefix=x%20y%2F';
  expect(bucket('team', amazonEndpoint('eu-west-1'))).toBe(`https://team.s3.eu-west-1.amazonaws.com/a%2Bb//c${query}`);
  expect(bucket('team', amazonEndpoint('cn-north-1'))).toBe(
    `https://team.s3.cn-north-1.amazonaws.com.cn/a%2Bb//c${query}`,
  );
  // No certificate covers it.
  expect(bucket('my.team', amazonEndpoint('eu-west-1'))).toBe(
    `https://s3.eu-west-1.amazonaws.com/my.team/a%2Bb//c${query}`,
  );
  expect(bucket('team', new URL('http://minio:9000'))).toBe(`http://minio:9000/team/a%2Bb//c${query}`);
  expect(bucket('team', new URL('https://example.com/s3/'))).toBe(`https://example.com/s3/team/a%2Bb//c${query}`);
  const endpoint = new URL('https://storage.googleapis.com:8443');
  expect(urlOf({ bucket: 'team', endpoint, addressing: 'virtual-host' }, 'k').href).toBe(
    'https://team.storage.googleapis.com:8443/k',
  );
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contentOf, namesOf, textAt } from './contents.js';
import { keepsTheContract } from './contract.js';
import { BUCKET, describeWithMoto, startMoto, type S3Server } from './servers.js';

describeWithMoto('a bucket of moto', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startMoto();
  });
  afterAll(() => server.stop());
  let places = 0;
  const freshAddress = (): string => `s3://${BUCKET}/place ${++places}/é`;

  keepsTheContract(() => server.open('root', freshAddress()));

  test('keys with empty parts, which folders cannot have', async () => {
    const store = await server.open('root', freshAddress());
    for (const name of ['a//b', '/a', 'a/']) await store.put(name, contentOf(name));
    expect(await namesOf(store, '')).toEqual(['/a', 'a/', 'a//b']);
    expect(await textAt(store, 'a//b')).toBe('a//b');
    expect(await textAt(store, '/a')).toBe('/a');
  });

  test('a bucket that does not exist is not a missing object', async () => {
    const store = await server.open('root', 's3://no-such-bucket/prefix');
    await expect(store.get('a')).rejects.toMatchObject({ kind: 'failed' });
    await expect(store.put('a', contentOf('x'))).rejects.toMatchObject({ kind: 'failed' });
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { openObjectStore } from '../../src/object-store/open.js';
import { contentOf, namesOf, noise, pagesOf, textAt } from './contents.js';
import { keepsTheContract } from './contract.js';
import { BUCKET, describeWithVersitygw, environmentOf, secretOf, startVersitygw, type S3Server } from './servers.js';

describeWithVersitygw('a bucket of versitygw', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startVersitygw();
  });
  afterAll(() => server.stop());
  let places = 0;
  const freshAddress = (): string => `s3://${BUCKET}/place ${++places}/é`;

  keepsTheContract(async () => server.open('writer', freshAddress()));

  test('2,500 objects in pages of 1,000', async () => {
    const folder = join(server.folder, 'data', BUCKET, 'many');
    await mkdir(folder);
    const names = Array.from({ length: 2500 }, (_, index) => `${String(index).padStart(5, '0')} +.png`);
    for (const name of names) await writeFile(join(folder, name), '');
    const pages = await pagesOf(await server.open('reader', `s3://${BUCKET}/many/`), '');
    expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 500]);
    expect(pages.flat().map(({ name }) => name)).toEqual(names);
  });

  test('bytes with another digest than the announced one are refused by the server', async () => {
    const store = await server.open('writer', freshAddress());
    for (const bytes of [Buffer.from('as announced'), noise(2 * 1024 ** 2)]) {
      const content = { ...contentOf(bytes), digest: digestOf('something else') };
      await expect(store.put('wrong', content)).rejects.toMatchObject({
        kind: 'failed',
        message: expect.stringMatching(/another digest/),
      });
      expect(await store.head('wrong')).toBeUndefined();
    }
  });

  test('a user without the right to write reads, and is refused in words', async () => {
    const address = freshAddress();
    await (await server.open('writer', address)).put('a', contentOf('x'));
    const store = await server.open('reader', address);
    expect(await textAt(store, 'a')).toBe('x');
    for (const size of [10, 2 * 1024 ** 2]) {
      const refused = store.put('b', contentOf(noise(size)));
      await expect(refused).rejects.toMatchObject({
        kind: 'denied',
        message: expect.stringMatching(/access denied; .*s3:PutObject/),
      });
    }
    await expect(store.remove('a')).rejects.toMatchObject({ kind: 'denied' });
    expect(await namesOf(store, '')).toEqual(['a']);
  });

  test('a user without rights is denied everything', async () => {
    const store = await server.open('stranger');
    await expect(store.get('a')).rejects.toMatchObject({ kind: 'denied' });
    await expect(store.head('a')).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(/access denied; give the user/),
    });
    await expect(pagesOf(store, '')).rejects.toMatchObject({ kind: 'denied' });
  });

  test('wrong credentials are named, and no message contains a secret', async () => {
    const options = { endpoint: server.endpoint };
    const attempt = async (environment: NodeJS.ProcessEnv): Promise<string> => {
      const store = await openObjectStore(`s3://${BUCKET}`, options, environment);
      const messages: string[] = [];
      for (const operation of [() => store.get('a'), () => store.head('a'), () => store.put('a', contentOf('x'))]) {
        const error = await operation().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toMatchObject({ kind: 'denied' });
        messages.push((error as Error).message);
      }
      expect(new Set(messages).size).toBe(1);
      return messages[0];
    };
    const wrong = { ...environmentOf('writer'), AWS_SECRET_ACCESS_KEY: 'wrong-secret' };
    expect(await attempt(wrong)).toBe(
      `s3://${BUCKET}: the secret access key is wrong; check AWS_SECRET_ACCESS_KEY or the profile`,
    );
    const unknown = { ...environmentOf('writer'), AWS_ACCESS_KEY_ID: 'nobody' };
    expect(await attempt(unknown)).toMatch(/does not know this access key id/);
    expect(await attempt({ AWS_EC2_METADATA_DISABLED: 'true' })).toMatch(/this machine has no credentials/);
    expect(await attempt(wrong)).not.toMatch(new RegExp(`wrong-secret|${secretOf('writer')}`));
  });

  test('a bucket that does not exist is not a missing object', async () => {
    const store = await server.open('root', 's3://no-such-bucket/prefix');
    const expected = {
      kind: 'failed',
      message: expect.stringMatching(/there is no bucket `no-such-bucket`; create it/),
    };
    await expect(store.get('a')).rejects.toMatchObject(expected);
    await expect(store.put('a', contentOf('x'))).rejects.toMatchObject(expected);
    await expect(store.remove('a')).rejects.toMatchObject(expected);
    await expect(pagesOf(store, '')).rejects.toMatchObject(expected);
  });

  test('another region than the one of the server is named', async () => {
    const store = await server.open('writer', `s3://${BUCKET}`, { region: 'eu-central-1' });
    await expect(store.get('a')).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/`us-east-1`, not to `eu-central-1`/),
    });
  });
});

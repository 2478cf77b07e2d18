/** What every place that can be written has to do. */
import { expect, test } from '@jest/globals';
import type { ObjectStore } from '../../src/object-store/object-store.js';
import { bytesOf, contentOf, namesOf, noise, pagesOf, textAt } from './contents.js';

/** Names with characters that URLs, signatures, XML or shells take for something else. */
const oddNames = [
  'a b/c d.png',
  'a+b=c&d.png',
  '100%/%2F%20.png',
  "it's (1)!*~.png",
  '#anchor?query;x:y@z$,.png',
  '<tag>&amp;"quoted".png',
  'Größe/日本語/🐈.png',
  'e\u0301-and-\u00e9.png',
];

/** Registers the tests; `open` is called in each, for an empty place. */
export function keepsTheContract(open: () => Promise<ObjectStore>): void {
  test('what is put is read, described, listed and removed', async () => {
    const store = await open();
    await store.put('v1/blobs/one', contentOf('first'));
    expect(await textAt(store, 'v1/blobs/one')).toBe('first');
    const info = await store.head('v1/blobs/one');
    expect(info).toMatchObject({ size: 5 });
    expect(info!.etag).toMatch(/^[^"]+$/);
    expect(await pagesOf(store, 'v1/')).toEqual([[{ name: 'v1/blobs/one', size: 5, etag: info!.etag }]]);
    const body = await store.get('v1/blobs/one');
    expect({ size: body!.size, from: body!.from, etag: body!.etag }).toEqual({ size: 5, from: 0, etag: info!.etag });
    expect((await bytesOf(body))!.toString()).toBe('first');

    await store.put('v1/blobs/one', contentOf('second'));
    expect(await textAt(store, 'v1/blobs/one')).toBe('second');
    expect((await store.head('v1/blobs/one'))!.etag).not.toBe(info!.etag);

    await store.remove('v1/blobs/one');
    expect(await store.get('v1/blobs/one')).toBeUndefined();
    expect(await namesOf(store, '')).toEqual([]);
  });

  test('what is missing is undefined, and removing it succeeds', async () => {
    const store = await open();
    expect(await store.get('v1/none')).toBeUndefined();
    expect(await store.get('v1/none', { from: 7 })).toBeUndefined();
    expect(await store.head('v1/none')).toBeUndefined();
    await store.remove('v1/none');
    expect(await pagesOf(store, 'v1/')).toEqual([]);
  });

  test('bytes from a position on, up to its end and behind it', async () => {
    const store = await open();
    await store.put('digits', contentOf('0123456789'));
    const body = await store.get('digits', { from: 7 });
    expect({ size: body!.size, from: body!.from }).toEqual({ size: 10, from: 7 });
    expect((await bytesOf(body))!.toString()).toBe('789');
    for (const from of [10, 11, 1000]) {
      const none = await store.get('digits', { from });
      expect({ size: none!.size, from: none!.from }).toEqual({ size: 10, from: 10 });
      expect(await bytesOf(none)).toHaveLength(0);
    }
  });

  test('an empty object, and one of several megabytes in small chunks', async () => {
    const store = await open();
    await store.put('empty', contentOf(''));
    expect(await textAt(store, 'empty')).toBe('');
    expect(await store.head('empty')).toMatchObject({ size: 0 });
    const large = noise(5 * 1024 ** 2 + 1);
    await store.put('large', contentOf(large, 10_007));
    expect((await bytesOf(await store.get('large')))!.equals(large)).toBe(true);
    expect((await bytesOf(await store.get('large', { from: 5_000_000 })))!.equals(large.subarray(5_000_000))).toBe(
      true,
    );
  });

  test('names with odd characters', async () => {
    const store = await open();
    for (const name of oddNames) await store.put(name, contentOf(name));
    for (const name of oddNames) {
      expect(await textAt(store, name)).toBe(name);
      expect(await store.head(name)).toMatchObject({ size: Buffer.byteLength(name) });
    }
    expect(await namesOf(store, '')).toEqual(
      [...oddNames].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    expect(await namesOf(store, 'a+b=c&')).toEqual(['a+b=c&d.png']);
    for (const name of oddNames) await store.remove(name);
    expect(await namesOf(store, '')).toEqual([]);
  });

  test('a name that leads elsewhere is refused', async () => {
    const store = await open();
    for (const name of ['../outside', 'a/../../outside', './a', 'a/..', '..']) {
      await expect(store.put(name, contentOf('x'))).rejects.toMatchObject({ kind: 'failed' });
      await expect(store.get(name)).rejects.toMatchObject({ kind: 'failed' });
    }
  });

  test('a list is in the order of names, and its prefix may end within one', async () => {
    const store = await open();
    for (const name of ['b/2', 'a-b', 'a/b', 'a', 'b/10', 'ab', 'b/1']) {
      if (name !== 'a') await store.put(name, contentOf('x'));
    }
    expect(await namesOf(store, '')).toEqual(['a-b', 'a/b', 'ab', 'b/1', 'b/10', 'b/2']);
    expect(await namesOf(store, 'a')).toEqual(['a-b', 'a/b', 'ab']);
    expect(await namesOf(store, 'b/1')).toEqual(['b/1', 'b/10']);
    expect(await namesOf(store, 'c')).toEqual([]);
  });

  test('content that is shorter or longer than announced is not published', async () => {
    const store = await open();
    const { digest, read } = contentOf('0123456789');
    for (const size of [9, 11]) {
      await expect(store.put('changed', { digest, size, read })).rejects.toThrow(`no longer has ${size} bytes`);
      expect(await store.head('changed')).toBeUndefined();
    }
  });

  test('content that cannot be read fails with its own error', async () => {
    const store = await open();
    const gone = Object.assign(new Error('the disk is gone'), { code: 'EIO' });
    const read = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('012');
      throw gone;
    };
    await expect(store.put('gone', { ...contentOf('0123456789'), read })).rejects.toBe(gone);
    expect(await store.head('gone')).toBeUndefined();
  });

  test('an aborted operation rejects with the reason', async () => {
    const store = await open();
    await store.put('kept', contentOf('x'));
    const reason = new Error('the run ends');
    const signal = AbortSignal.abort(reason);
    await expect(store.get('kept', { signal })).rejects.toBe(reason);
    await expect(store.head('kept', { signal })).rejects.toBe(reason);
    await expect(store.put('new', contentOf('x'), { signal })).rejects.toBe(reason);
    await expect(store.remove('kept', { signal })).rejects.toBe(reason);
    await expect(store.list('', { signal })[Symbol.asyncIterator]().next()).rejects.toBe(reason);
    expect(await namesOf(store, '')).toEqual(['kept']);
  });

  test('a body that is left in the middle does not hold up the next request', async () => {
    const store = await open();
    const large = noise(3 * 1024 ** 2);
    await store.put('large', contentOf(large));
    for (let times = 0; times < 3; times++) {
      const body = await store.get('large');
      for await (const chunk of body!.chunks) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    }
    expect((await bytesOf(await store.get('large')))!.equals(large)).toBe(true);
  });
}

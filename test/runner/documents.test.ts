import { describe, expect, test } from '@jest/globals';
import { digestOf, type BlobRef } from '../../src/core/digest.js';
import { isShapedAs, isString } from '../../src/core/guards.js';
import { isRecord } from '../../src/core/is-record.js';
import { Documents } from '../../src/runner/documents.js';

const isNamed = isShapedAs({ name: isString });

function documentsOf(texts: ReadonlyMap<string, string>) {
  const read: string[] = [];
  const documents = new Documents(async ({ digest }) => {
    read.push(digest);
    const text = texts.get(digest);
    if (text === undefined) throw new Error('gone');
    return Buffer.from(text);
  });
  return { documents, read };
}

const refOf = (text: string, size = text.length): BlobRef => ({ digest: digestOf(text), size });

describe('documents', () => {
  test('are read once, also by several stages at the same time', async () => {
    const text = '{"name":"pets"}';
    const { documents, read } = documentsOf(new Map([[digestOf(text), text]]));
    const [one, two] = await Promise.all([documents.read(refOf(text), isNamed), documents.read(refOf(text), isNamed)]);
    expect(one).toEqual({ name: 'pets' });
    expect(two).toBe(one);
    expect(await documents.read(refOf(text), isNamed)).toBe(one);
    expect(read).toHaveLength(1);
  });

  test('are checked again for another form', async () => {
    const text = '{"name":1}';
    const { documents } = documentsOf(new Map([[digestOf(text), text]]));
    expect(await documents.read(refOf(text), isRecord)).toEqual({ name: 1 });
    await expect(documents.read(refOf(text), isNamed)).rejects.toMatchObject({
      problems: [{ code: 'result-of-another-form' }],
    });
  });

  test('that were gone are looked for again', async () => {
    const text = '{"name":"pets"}';
    const texts = new Map<string, string>();
    const { documents } = documentsOf(texts);
    await expect(documents.read(refOf(text), isNamed)).rejects.toThrow('gone');
    texts.set(digestOf(text), text);
    expect(await documents.read(refOf(text), isNamed)).toEqual({ name: 'pets' });
  });

  test('are kept up to 8 MB, the ones that were asked for last', async () => {
    const texts = ['a', 'b', 'c', 'd'].map((name) => `{"name":"${name}"}`);
    const { documents, read } = documentsOf(new Map(texts.map((text) => [digestOf(text), text])));
    const [a, b, c, d] = texts.map((text) => refOf(text, 3 * 2 ** 20));
    for (const ref of [a, b, a, c, a, b]) await documents.read(ref, isNamed);
    expect(read).toEqual([a, b, c, b].map(({ digest }) => digest));
    const large = { ...d, size: 9 * 2 ** 20 };
    for (const ref of [large, large, b]) await documents.read(ref, isNamed);
    expect(read.slice(4)).toEqual([d.digest, d.digest]);
  });
});

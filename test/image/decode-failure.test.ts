/** Who is to blame if decoding fails: the bytes, or a machine without memory or threads. */
import { describe, expect, test } from '@jest/globals';
import { decodeAgain } from '../../src/image/decode-failure.js';
import { createDecoder } from '../../src/image/decode.js';
import { noisy } from './images.js';

const DAMAGE = 'VipsJpeg: premature end';
const pixels = new Uint8Array([1, 2, 3]);
const byBytes = { category: 'bad-data', problems: [{ code: 'picture-not-decodable' }] };
const byMachine = { category: 'input-output', problems: [{ code: 'out-of-resources' }] };

/** Answers each call by the next of these, the last one for good. */
function next<T>(answers: readonly T[]): () => T {
  let calls = 0;
  return () => answers[Math.min(calls++, answers.length - 1)];
}

/** What comes of a first failure where decoding again answers so, and so do images that are made to see whether the machine decodes. */
function judged(
  first: string,
  again: readonly (string | Uint8Array)[],
  works: readonly boolean[],
): Promise<Uint8Array> {
  const answer = next(again);
  const machineWorks = next(works);
  const decode = async (): Promise<Uint8Array> => {
    const one = answer();
    if (typeof one === 'string') throw new Error(one);
    return one;
  };
  return decodeAgain(new Error(first), new Uint8Array(), decode, async () => machineWorks());
}

test('the bytes are, if they fail alike once more and other images decode before and after', async () => {
  await expect(judged(DAMAGE, [DAMAGE], [true])).rejects.toMatchObject(byBytes);
  await expect(judged(DAMAGE, ['another failure', 'a third', 'a fourth'], [true])).rejects.toMatchObject(byMachine);
  const bytes = (await noisy(64, 64).jpeg().toBuffer()).subarray(0, 1000);
  await expect(
    createDecoder({ width: 8, height: 8, interpolation: 'bilinear', orientation: 'exif' })(bytes),
  ).rejects.toMatchObject(byBytes);
});

describe('the machine is', () => {
  test('if other images do not decode either, before or after', async () => {
    await expect(judged(DAMAGE, [DAMAGE], [false])).rejects.toMatchObject(byMachine);
    await expect(judged(DAMAGE, [DAMAGE], [true, false])).rejects.toMatchObject(byMachine);
  });

  test.each([
    'glib: Error creating thread: Resource temporarily unavailable',
    'VipsJpeg: Insufficient memory (case 4)',
    'out of memory --- size == 12MB',
  ])('if the decoder says so, also where other images decode: %s', async (message) => {
    await expect(judged(message, [message], [true])).rejects.toMatchObject(byMachine);
  });
});

test('what works the second time is the result', async () => {
  expect(await judged(DAMAGE, [pixels], [true])).toBe(pixels);
  expect(await judged('out of memory', ['out of memory', pixels], [true])).toBe(pixels);
  expect(await judged(DAMAGE, [pixels], [false, true])).toBe(pixels);
});

/** Who is to blame where decoding fails: the bytes, or a machine without memory or threads. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { decodeAgain } from '../../src/image/decode-failure.js';
import { noisy } from './pictures.js';

const first = new Error('the first failure');
const pixels = new Uint8Array([1, 2, 3]);
let image: Buffer;
beforeAll(async () => {
  image = await noisy(40, 30).jpeg().toBuffer();
});

/** A decoder that answers each call for the image by the next of these; control images of `controls` likewise, the last one for good. */
function scripted(answers: readonly (Error | Uint8Array)[], controls: readonly boolean[]): (bytes: Uint8Array) => Promise<Uint8Array> {
  const next = { image: 0, control: 0 };
  return async (bytes) => {
    if (bytes !== image) {
      if (controls[Math.min(next.control++, controls.length - 1)]) return pixels;
      throw new Error('no');
    }
    const answer = answers[Math.min(next.image++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

const judged = (answers: readonly (Error | Uint8Array)[], controls: readonly boolean[]) => decodeAgain(first, image, scripted(answers, controls));
const byBytes = { category: 'bad-data', problems: [{ code: 'picture-not-decodable' }] };
const byMachine = { category: 'input-output', problems: [{ code: 'decoder-without-resources' }] };

describe('the bytes are to blame', () => {
  test('if another image of the size decodes, before and after they fail once more', async () => {
    await expect(judged([new Error('VipsJpeg: premature end')], [true])).rejects.toMatchObject(byBytes);
  });
});

describe('the machine is to blame', () => {
  test('if no other image decodes either', async () => {
    await expect(judged([new Error('VipsJpeg: premature end')], [false])).rejects.toMatchObject(byMachine);
  });

  test('if the other image stops to decode as well', async () => {
    await expect(judged([new Error('VipsJpeg: premature end')], [true, false])).rejects.toMatchObject(byMachine);
  });

  test.each(['glib: Error creating thread: Resource temporarily unavailable', 'VipsJpeg: Insufficient memory (case 4)', 'out of memory --- size == 12MB'])(
    'if the decoder says so, also where other images decode: %s',
    async (message) => {
      await expect(judged([new Error(message)], [true])).rejects.toMatchObject(byMachine);
    },
  );
});

test('what works the second time is the result', async () => {
  expect(await judged([pixels], [true])).toBe(pixels);
  expect(await judged([new Error('out of memory'), pixels], [true])).toBe(pixels);
  expect(await judged([pixels], [false, true])).toBe(pixels);
});

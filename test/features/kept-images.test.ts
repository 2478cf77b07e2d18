import { expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import { KeptImages } from '../../src/features/kept-images.js';

test('files of images are kept until they would take more than the limit, and none goes for another', () => {
  const kept = new KeptImages(100);
  const [a, b, c] = ['a', 'b', 'c'].map(digestOf);
  const file = new SharedArrayBuffer(60);
  kept.add(a, file);
  kept.add(a, new SharedArrayBuffer(60));
  expect([kept.get(a), kept.hasRoom]).toEqual([file, true]);
  kept.add(b, new SharedArrayBuffer(41));
  expect([kept.get(a), kept.get(b), kept.hasRoom]).toEqual([file, undefined, false]);
  kept.add(c, new SharedArrayBuffer(1));
  expect(kept.get(c)).toBeUndefined();
  kept.clear();
  expect(kept.get(a)).toBeUndefined();
});

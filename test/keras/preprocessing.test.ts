/** Every base's own preprocessing against Keras's `preprocess_input`, for every level (tools/keras/preprocessing.py). */
import { expect, test } from '@jest/globals';
import { namedOnnxOf } from '../../src/core/hub-bases.js';
import { bases, type Architecture } from '../../src/model/bases/index.js';
import { preprocess } from '../../src/model/preprocessing.js';
import { fixture } from './fixture.js';

const golden = fixture<{
  readonly pixels: number[];
  readonly bases: Readonly<Partial<Record<Architecture, number[]>>>;
}>('preprocessing');

test('every base that Keras has is compared', () => {
  const ofKeras = Object.keys(bases).filter(
    (name) => bases[name as Architecture].published.length > 0 && namedOnnxOf(name) === undefined,
  );
  expect(Object.keys(golden.bases).sort()).toEqual(ofKeras.sort());
});

test.each(Object.entries(golden.bases))('%s gives what Keras gives, to the last bit', (name, expected) => {
  const mode = bases[name as Architecture].preprocessing!;
  const found = new Float32Array(golden.pixels.length);
  preprocess(Uint8Array.from(golden.pixels), found, { kind: 'mode', mode });
  expect([...found]).toEqual(expected);
});

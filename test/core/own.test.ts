/** Names that every object inherits are names like others. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyMap, own } from '../../src/core/own.js';
import { decodeWeights, encodeWeights } from '../../src/model/weights-file.js';
import { predictionOf } from '../../src/model/prediction.js';
import { measure } from '../../src/stages/evaluate/measure.js';

const inherited = [
  'constructor',
  'toString',
  '__proto__',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'isPrototypeOf',
];
const names = fc.uniqueArray(fc.oneof(fc.constantFrom(...inherited), fc.string({ minLength: 1 })), {
  minLength: 2,
  maxLength: 9,
});

test('what an object inherits is not a member of it', () => {
  for (const name of inherited) {
    expect(own({}, name)).toBeUndefined();
    const map = emptyMap<number>();
    map[name] = 7;
    expect(own(map, name)).toBe(7);
    expect(JSON.parse(JSON.stringify(map))).toEqual(JSON.parse(`{"${name}": 7}`));
  }
});

test('weights of any names come back', () => {
  fc.assert(
    fc.property(names, (all) => {
      const weights = new Map(all.map((name, index) => [name, { shape: [1], data: Float32Array.of(index) }]));
      const back = decodeWeights(encodeWeights(weights), 'here');
      expect(back.size).toBe(weights.size);
      for (const [name, { data }] of weights) expect(back.get(name)?.data[0]).toBe(data[0]);
    }),
  );
});

test('scores and figures are found by classes of any names', () => {
  fc.assert(
    fc.property(names, (classes) => {
      const scores = Float32Array.from(classes, (_, index) => (index + 1) / 100);
      const prediction = predictionOf(scores, 0, classes.length, { classes });
      const written = JSON.parse(JSON.stringify(prediction)) as typeof prediction;
      for (const [index, name] of classes.entries()) expect(own(written.scores, name)).toBe(scores[index]);
      const { metrics } = measure(scores, [0], classes.length, { classes, split: 'validation', threshold: 0.5 });
      for (const name of classes) expect(own(metrics.per_class, name)?.support).toBe(name === classes[0] ? 1 : 0);
    }),
  );
});

/** What the page says about a prediction. */
import { expect, test } from '@jest/globals';
import { answerOf } from '../../src/page/answer.js';

const prediction = (scores: Record<string, number>) => {
  const [name, score] = Object.entries(scores).sort(([, a], [, b]) => b - a)[0];
  return { class: name, score, scores };
};

test.each([
  [{ cats: 0.93, dogs: 0.07 }, 0.2, true, 'cats, 93.0%'],
  [{ cats: 0.47, dogs: 0.53 }, 0.2, false, 'not sure: dogs (53.0%) or cats (47.0%)'],
  [{ cats: 0.47, dogs: 0.53 }, 0, true, 'dogs, 53.0%'],
  [{ ants: 0.4, bees: 0.1, cats: 0.25, dogs: 0.25 }, 0.2, false, 'not sure: ants (40.0%) or cats (25.0%)'],
  [{ ants: 0.5, bees: 0.25, cats: 0.25 }, 0.25, true, 'ants, 50.0%'],
  [{ cats: 0.5 }, 1, true, 'cats, 50.0%'],
])('%j with a margin of %s', (scores, margin, sure, text) => {
  expect(answerOf(prediction(scores), margin)).toEqual({ sure, text });
});

test('classes with the names of members of objects are classes', () => {
  const scores = { constructor: 0.55, toString: 0.45 } as unknown as Record<string, number>;
  expect(answerOf(prediction(scores), 0.2).text).toBe('not sure: constructor (55.0%) or toString (45.0%)');
});

/** What the page says about a prediction. */
import { describe, expect, test } from '@jest/globals';
import { predictionOf } from '../../src/model/prediction.js';
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
  expect(answerOf(prediction(scores), { classes: Object.keys(scores), margin })).toEqual({ sure, text });
});

test('classes with the names of members of objects are classes', () => {
  const scores = { constructor: 0.55, toString: 0.45 } as unknown as Record<string, number>;
  expect(answerOf(prediction(scores), { classes: Object.keys(scores), margin: 0.2 }).text).toBe(
    'not sure: constructor (55.0%) or toString (45.0%)',
  );
});

describe('an image of several classes', () => {
  const classes = ['cat', 'dog', 'indoor'];
  const thresholds = [0.5, 0.5, 0.2];
  const said = (scores: readonly number[], margin = 0.2) =>
    answerOf(predictionOf(Float32Array.from(scores), 0, 3, { classes, thresholds }), { classes, thresholds, margin });

  test.each([
    [[0.93, 0.12, 0.71], true, 'cat 93.0%, indoor 71.0%'],
    [[0.1, 0.12, 0.01], true, 'none of the classes'],
    [[0.93, 0.45, 0.02], false, 'cat 93.0%; not sure: dog 45.0%'],
    // Below its threshold of 20%, 5% is far: three quarters of the way to 0.
    [[0.93, 0.1, 0.05], true, 'cat 93.0%'],
    [[0.1, 0.1, 0.25], false, 'not sure: indoor 25.0%'],
  ])('%j', (scores, sure, text) => {
    expect(said(scores)).toEqual({ sure, text });
  });

  test('is sure of all with a margin of 0', () => {
    expect(said([0.5, 0.49, 0.2], 0)).toEqual({ sure: true, text: 'cat 50.0%, indoor 20.0%' });
  });
});

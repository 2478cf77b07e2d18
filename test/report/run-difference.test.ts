/** Two runs with class names of 60 letters, in a terminal of 80 columns. */
import { expect, test } from '@jest/globals';
import { differenceLines, type RunDifference } from '../../src/report/run-difference.js';

function lines(names: readonly [string, string]): string {
  const [first, second] = names;
  const verdict = (predicted: string) => ({ label: first, predicted, score: 0.75 });
  const image = { digest: 'd'.repeat(64), files: [`${first}/1.jpg`], before: verdict(first), after: verdict(second) };
  const run = { id: '20260901-140312-41700', pipeline: 'birds', state: 'ok' };
  const difference: RunDifference = {
    before: run,
    after: { ...run, set: ['stages.train.epochs=3', 'stages.train.optimizer.adam.learning_rate=0.01'] },
    stages: [],
    evaluations: [
      {
        before: 'evaluate',
        after: 'evaluate',
        metrics: [],
        pictures: { compared: 9, onlyBefore: 0, onlyAfter: 0, wrong: [image], right: [] },
      },
    ],
  };
  return differenceLines(difference, { color: false, width: () => 80 }).join('\n');
}

test('short names stand on the line of the image', () => {
  expect(lines(['cats', 'dogs'])).toContain('\n  wrong  cats/1.jpg  cats 0.7500 -> dogs 0.7500');
});

test('long names have lines of their own, and only paths are wider than the terminal', () => {
  const names = ['a'.repeat(60), 'b'.repeat(60)] as const;
  const text = lines(names);
  expect(text).toContain(`\n  wrong  ${names[0]}/1.jpg\n         ${names[0]} 0.7500\n         -> ${names[1]} 0.7500`);
  expect(text).toContain(
    'after   20260901-140312-41700  birds  ok\n        --set stages.train.epochs=3\n        --set stages.',
  );
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

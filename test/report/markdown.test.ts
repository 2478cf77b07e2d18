/** Markdown for pull requests: names of any kind stay names, in GitHub's own reading of it. */
import { expect, test } from '@jest/globals';
import { differenceMarkdown } from '../../src/report/markdown/difference.js';
import { code, plain, table } from '../../src/report/markdown/markup.js';
import type { RunDifference } from '../../src/report/run-difference.js';

test('a name is code on one line, whatever is in it', () => {
  expect(code('cats')).toBe('`cats`');
  expect(code('a`b')).toBe('``a`b``');
  expect(code('`')).toBe('`` ` ``');
  expect(code('a\nb\r\u202ec')).toBe('`a?b??c`');
  expect(code(' x ')).toBe('`  x  `');
  expect(code('')).toBe('(empty)');
});

test('a pipe ends no cell, with any number of backslashes before it', () => {
  const cells = ['`a|b`', '`a\\|b`', '`a\\\\|b`', '`a\\\\\\|b`'];
  expect(table([{ title: 'name', cells }]).slice(2)).toEqual([
    '| `a\\|b` |',
    '| `a\\\\\\|b` |',
    '| `a\\\\\\|b` |',
    '| `a\\\\\\\\\\|b` |',
  ]);
});

test('a sentence is text: no markup, no HTML, no mention, no issue, no link', () => {
  expect(plain('*a* _b_ [c](d) <img src=x> `e` ~~f~~ &lt; a\\b')).toBe(
    '\\*a\\* \\_b\\_ \\[c\\](d) \\<img src=x> \\`e\\` \\~\\~f\\~\\~ \\&lt; a\\\\b',
  );
  expect(plain('@torvalds #1 https://x.y www.x.y GH-1')).toBe(
    '@\u2060torvalds #\u20601 https:\u2060//x.y www.\u2060x.y GH-\u20601',
  );
  expect(['# a', '- a', '> a', '1. a', '95.0% of'].map(plain)).toEqual([
    '\\# a',
    '\\- a',
    '\\> a',
    '1\\. a',
    '95.0% of',
  ]);
});

const run = { id: '20260901-140312-41700', pipeline: 'pets', state: 'ok' };
const hostile = 'a|b`c\n<b>@x';

function difference(before: number, after: number): RunDifference {
  const image = {
    digest: 'd'.repeat(64),
    files: [`${hostile}/1.jpg`],
    before: { label: hostile, predicted: 'dogs', score: 0.75 },
    after: { label: hostile, predicted: hostile, score: 0.5 },
  };
  return {
    before: run,
    after: { ...run, set: ['stages.train.epochs=3'] },
    stages: [
      { name: 'train', state: 'changed', changes: ['epochs 2 -> 3'] },
      { name: 'export', state: 'only-after' },
    ],
    evaluations: [
      {
        before: 'evaluate',
        after: 'evaluate',
        metrics: [
          { name: 'accuracy', before, after },
          { name: 'loss', before: 0.5, after: 0.25 },
          { name: 'samples', before: 40, after: 40 },
        ],
        pictures: { compared: 40, onlyBefore: 0, onlyAfter: 0, wrong: [], right: [image] },
      },
    ],
  };
}

test('the difference of two runs begins with what came out, and shows hostile names as code', () => {
  expect(differenceMarkdown(difference(0.9, 0.925)).join('\n'))
    .toBe(`✅ **better: accuracy 90.0% → 92.5% (+2.5 points); 1 image became right, 0 became wrong.**

\`20260901-140312-41700\` (\`pets\`, ok) → \`20260901-140312-41700\` (\`pets\`, ok \`--set stages.train.epochs=3\`)

- \`train\`: epochs 2 -> 3
- \`export\`: only in the later run

| metric | before | after | difference |
| --- | ---: | ---: | ---: |
| accuracy | 0.9000 | 0.9250 | +0.0250 |
| loss | 0.5000 | 0.2500 | −0.2500 |
| images | 40 | 40 | = |

40 images in both runs, 0 only in the earlier one, 0 only in the later one.

| became right | label | before | after |
| --- | --- | --- | --- |
| \`\`a\\|b\`c?<b>@x/1.jpg\`\` | \`\`a\\|b\`c?<b>@x\`\` | \`dogs\` 75.0% | \`\`a\\|b\`c?<b>@x\`\` 50.0% |`);
});

test('worse is worse, and equal accuracy is judged by the loss', () => {
  expect(differenceMarkdown(difference(0.9, 0.8))[0]).toMatch(
    /^⚠️ \*\*worse: accuracy 90\.0% → 80\.0% \(−10\.0 points\);/,
  );
  expect(differenceMarkdown(difference(0.9, 0.9))[0]).toMatch(
    /^✅ \*\*better: accuracy 90\.0% in both, loss 0\.5000 → 0\.2500;/,
  );
});

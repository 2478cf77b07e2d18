import { expect, test } from '@jest/globals';
import { markdownText } from '../../../src/core/text/markdown.js';

test.each([
  ['<script>alert(1)</script>', '\\<script\\>alert\\(1\\)\\</script\\>'],
  ['![x](http://a.example/y.png)', '\\!\\[x\\]\\(http\\://a.example/y.png\\)'],
  ['a\n# b', 'a\ufffd\\# b'],
  ['a | b', 'a \\| b'],
  ['`code` **bold**', '\\`code\\` \\*\\*bold\\*\\*'],
  ['www.example.com', 'www\\.example.com'],
  ['\u001b[31mred\u202e', '\ufffd\\[31mred\ufffd'],
  ['&lt;', '\\&lt;'],
  ['golden retriever-2', 'golden retriever-2'],
])('%j is written as %j', (text, written) => {
  expect(markdownText(text)).toBe(written);
});

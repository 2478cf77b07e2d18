import { expect, test } from '@jest/globals';
import type { Screen } from '../../src/report/live-region.js';
import { wroteLine } from '../../src/commands/wrote-line.js';

test('a path that does not fit beside the text is on a row of its own, on a terminal alone', () => {
  const screen = {} as Screen;
  const width = (): number => 40;
  expect(wroteLine('8 images', 'preview/pets.png', { screen, width })).toBe('wrote 8 images to preview/pets.png\n');
  const path = '.pipeline/preview/pets-augment.png';
  expect(wroteLine('8 images', path, { screen, width })).toBe(`wrote 8 images to\n  ${path}\n`);
  expect(wroteLine('8 images', path, { screen: undefined, width })).toBe(`wrote 8 images to ${path}\n`);
});

/** Text is broken between words, also that of the help. */
import { expect, test } from '@jest/globals';
import { wrapBeside, wrapHelp, wrapIndented, wrapLine } from '../../src/report/wrap.js';

test('lines are broken at blanks; a word that is too long stays whole', () => {
  expect(wrapLine('only these stages and what they need', 20)).toEqual(['only these stages', 'and what they need']);
  expect(wrapLine('a/very/long/path/of/a/picture.jpg is gone', 20)).toEqual([
    'a/very/long/path/of/a/picture.jpg',
    'is gone',
  ]);
});

test('a command between backquotes stays on one row, unless the row would be nearly empty', () => {
  const advice = 'use the base from npm: `npm install transfer-pipeline-base-photos`, then run again';
  expect(wrapLine(advice, 40)).toEqual([
    'use the base from npm:',
    '`npm install',
    'transfer-pipeline-base-photos`, then run',
    'again',
  ]);
  expect(wrapLine(advice, 44)).toEqual([
    'use the base from npm:',
    '`npm install transfer-pipeline-base-photos`,',
    'then run again',
  ]);
  expect(wrapLine('run `pipeline explain pets.yaml train`', 24)).toEqual(['run `pipeline explain', 'pets.yaml train`']);
});

test('text next to a name continues under itself, or under the name if there is no room', () => {
  expect(`train  ${wrapBeside('reads augment, which runs first', 7, 30)}`).toBe(
    'train  reads augment, which\n       runs first',
  );
  expect(`a-long-name-of-a-stage  ${wrapBeside('reads augment, which runs first', 24, 40)}`).toBe(
    'a-long-name-of-a-stage  \n      reads augment, which runs first',
  );
  expect(wrapBeside('reads augment, which runs first', 7, Infinity)).toBe('reads augment, which runs first');
});

test('an indented line keeps its indent in all rows', () => {
  expect(wrapIndented('  2 files cannot be read; 2 duplicates', 30)).toBe('  2 files cannot be read; 2\n  duplicates');
  expect(wrapIndented('pets: 2 images', 30)).toBe('pets: 2 images');
});

test('help is filled to the width; an example without words beside it stays whole', () => {
  const help = [
    'Commands:',
    '  plan [options]  show what a run would do and why, without running anything',
    '',
    'Name a run by its id or by the',
    'start of it.',
    '',
    'Examples:',
    "  find . -name '*.jpg' -print0 | pipeline predict models/pets --files-from -",
  ].join('\n');
  expect(wrapHelp(help, 40).split('\n')).toEqual([
    'Commands:',
    '  plan [options]  show what a run would',
    '                  do and why, without',
    '                  running anything',
    '',
    'Name a run by its id or by the start of',
    'it.',
    '',
    'Examples:',
    "  find . -name '*.jpg' -print0 | pipeline predict models/pets --files-from -",
  ]);
  expect(wrapHelp(help, 60)).toContain('Name a run by its id or by the start of it.\n');
});

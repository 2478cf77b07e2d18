/**
 * Texts from outside for which a pattern with a run at its end takes the square of their length: minutes at this length. A run
 * of blanks, slashes or quotes that something stands behind is the worst of them.
 */
import { expect, jest, test } from '@jest/globals';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Axis } from '../src/config/matrix.js';
import type { Stage } from '../src/config/pipeline.js';
import { expand } from '../src/config/variants.js';
import { shellPath } from '../src/core/text/shell-path.js';
import { withoutTrailing } from '../src/core/text/trailing.js';
import { parseRatio } from '../src/core/text/ratio.js';
import { wrapHelp, wrapLine } from '../src/report/wrap.js';
import { parseAge, parseSize } from '../src/store/limits.js';

jest.setTimeout(5_000);

const LENGTH = 200_000;
const many = (text: string) => text.repeat(LENGTH / text.length);

/** Jest ends no test that holds the thread; once it lets go, a test that took too long fails. */
async function outcome<Value>(read: () => Value): Promise<Value> {
  const value = read();
  await pause(1);
  return value;
}

test('what stands at the end of a text goes, and nothing before it', async () => {
  expect(await outcome(() => withoutTrailing(`${many('/')}x`, '/'))).toBe(`${many('/')}x`);
  expect(await outcome(() => withoutTrailing(`x${many('/')}`, '/'))).toBe('x');
  expect(await outcome(() => withoutTrailing(many('-._ '), '-._ '))).toBe('');
});

test('the folder of an export, for each variant', async () => {
  const axis: Axis = { name: 'units', field: ['stages', 'export', 'to'], values: [64], texts: ['64'] };
  const combination = [{ axis, index: 0 }];
  const folderOf = (to: string) => {
    const stage = { name: 'export', kind: 'export', config: { to }, references: {} } as unknown as Stage<'export'>;
    return (expand([axis], [{ combination, stages: [stage] }]).stages[0] as Stage<'export'>).config.to;
  };
  expect(await outcome(() => folderOf(`${many('/')}x`))).toBe(`${many('/')}x/units-64`);
  expect(await outcome(() => folderOf(`models/${many('/')}`))).toBe('models/units-64');
});

test('paths that were written for a shell', async () => {
  const below = `${many('/~').slice(2)}\n`;
  expect(await outcome(() => shellPath(`~/${below}`))).toMatchObject({
    remedy: expect.stringContaining(`\`${join(homedir(), below)}\``),
  });
  for (const text of [`/${many('~')}x`, many('%a '), many('${')]) {
    expect(await outcome(() => shellPath(text))).toBeUndefined();
  }
});

test('sizes, ages and ratios', async () => {
  expect(await outcome(() => parseSize(`${many(' ')}20${many(' ')}GB${many(' ')}`, 'it'))).toBe(20e9);
  expect(await outcome(() => parseAge(`${many('0')}2${many('\t')}d`, 'it'))).toBe(2 * 24 * 3600 * 1000);
  for (const text of [`1${many(' ')}!`, `1${many(' ')}gb${many(' ')}!`, `${many('1')}!`, `1${many('a')}!`]) {
    expect(() => parseSize(text, 'it')).toThrow('is not a size');
  }
  expect(await outcome(() => parseRatio(`1${many(' ')}/${many(' ')}4`))).toBe(0.25);
  expect(await outcome(() => parseRatio(`1${many(' ')}/${many(' ')}4${many(' ')}!`))).toBeUndefined();
});

test('text that is broken into rows', async () => {
  expect(await outcome(() => wrapHelp(`  name${many(' ')}text`, 80))).toBe(`  name\n      text`);
  expect(await outcome(() => wrapHelp(`  name${many(' ')}\t`, 80))).toBe(`  name${many(' ')}\t`);
  expect(await outcome(() => wrapHelp(`  name  a${many(' ')}b`, 80))).toMatch(/^ {2}name {2}a\n+ +b$/);
  const rows = await outcome(() => wrapLine(many('word '), 79));
  expect([rows.length, new Set(rows.slice(0, -1))]).toEqual([LENGTH / 80 + 1, new Set([many('word ').slice(0, 79)])]);
});

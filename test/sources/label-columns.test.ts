/** Which columns are taken for labels, and that classes with commas, blanks or remarks beside them stay single labels. */
import { describe, expect, test } from '@jest/globals';
import { labelColumnsOf, type LabelColumns } from '../../src/sources/label-columns.js';
import { readFlag } from '../../src/sources/table/label-cells.js';
import type { Cell } from '../../src/sources/table/table.js';

const ROWS = 60;

/** A table of columns that repeat some cells, or compute one per row. */
function columnsOf(
  columns: Readonly<Record<string, readonly Cell[] | ((row: number) => Cell)>>,
): LabelColumns | undefined {
  return labelColumnsOf(
    Object.entries(columns).map(([name, content]) => {
      const cellOf = typeof content === 'function' ? content : (row: number) => content[row % content.length];
      const cells = Array.from({ length: ROWS }, (_, row) => cellOf(row));
      const flags = cells.map(readFlag);
      return { name, cells, isFlag: !flags.includes(undefined) && flags.includes(false) };
    }),
  );
}

const one = (column: string): LabelColumns => ({ kind: 'one', column });
const flag = (every: number) => (row: number) => (row % every === 0 ? '1' : '0');

describe('several labels', () => {
  test.each<[string, string, readonly string[]]>([
    ['|', 'Finding Labels', ['No Finding', 'Effusion|Hernia', 'Hernia', 'Edema|Effusion', '']],
    ['|', 'label', ['cat|day', 'cat|night', 'dog|day', 'dog|night']],
    [';', 'what', ['cat; indoor', 'indoor', 'cat', 'dog; indoor']],
    [',', 'label', ['cat, indoor', 'indoor', 'cat', 'dog, indoor', 'dog']],
    [',', 'what', ['cat,dog', 'cat', 'dog', 'mouse']],
    [' ', 'tags', ['clear primary', 'haze primary', 'agriculture clear primary', 'haze agriculture', 'cloudy']],
    [' ', 'Target', ['16 0', '7 1 2', '0', '1', '16', '2 7']],
  ])('divided at %j: %s', (separator, column, cells) => {
    expect(columnsOf({ [column]: cells })).toEqual({ kind: 'separated', column, separator });
  });

  test('lists, beside lists of coordinates', () => {
    const tags = [['cat', 'indoor'], [], null, ['indoor']];
    expect(columnsOf({ box: (row) => [row % 7, 3, 20, 40], tags })).toEqual({ kind: 'lists', column: 'tags' });
    expect(columnsOf({ ids: [[3, 17], [3], [17, 5], [5]] })).toEqual({ kind: 'lists', column: 'ids' });
    expect(columnsOf({ box: (row) => [row % 7, 3, 20, 40], at: [[0.5, 0.5], [0.5]] })).toBeUndefined();
  });

  test('columns of 0 and 1, without remarks about the image, beside a patient', () => {
    const found = { kind: 'flags', columns: ['cat', 'dog', 'indoor'] };
    expect(columnsOf({ cat: flag(2), dog: flag(3), blurry: flag(7), indoor: ['1.0', '0.0'], version: ['1'] })).toEqual(
      found,
    );
    expect(columnsOf({ patient: (row) => `p${row % 9}`, cat: flag(2), dog: flag(3), indoor: flag(5) })).toEqual(found);
    expect(columnsOf({ cat: [true, false], dog: [false, null, true], indoor: [0, 1] })).toEqual(found);
  });
});

describe('one label', () => {
  test.each<[string, Parameters<typeof columnsOf>[0]]>([
    ['a class with a comma', { kind: ['crane, bird', 'crane', 'dog'] }],
    ['classes with commas', { label: ['tench, Tinca tinca', 'goldfish, Carassius auratus', 'hen'] }],
    ['cities and countries', { kind: ['Paris, France', 'Lyon, France', 'Berlin, Germany', 'Munich, Germany'] }],
    ['a class with a bar', { kind: ['yes|no', 'maybe'] }],
    ['classes with blanks', { label: ['light blue', 'dark blue', 'blue', 'light red', 'dark red', 'red'] }],
    ['classes with blanks in a column without a usual name', { kind: ['light blue', 'dark blue', 'blue', 'red'] }],
    ['a flag beside a usual name', { blurry: flag(2), night: flag(3), indoor: flag(5), breed: ['pug', 'beagle'] }],
    ['a flag beside a text', { blurry: flag(2), kind: ['pug', 'beagle', 'boxer'] }],
    ['flags beside a text', { night: flag(2), indoor: flag(3), kind: ['pug', 'beagle', 'boxer'] }],
    ['numbers beside a text', { age: (row) => String(row % 4), kind: ['pug', 'beagle', 'boxer', 'husky', 'collie'] }],
  ])('%s', (_, columns) => {
    expect(columnsOf(columns)).toEqual(one(Object.keys(columns).at(-1)!));
  });

  test('one column of 0 and 1, or of numbers', () => {
    expect(columnsOf({ id: (row) => String(row), malignant: flag(2), age: (row) => String(row % 20) })).toEqual(
      one('malignant'),
    );
    expect(columnsOf({ id: (row) => String(row), y: (row) => String(row % 10) })).toEqual(one('y'));
  });
});

test('names, dates, captions and lists that are written into a text are not labels', () => {
  expect(columnsOf({ id: (row) => String(row), when: (row) => `2024-01-${row}` })).toBeUndefined();
  expect(columnsOf({ caption: (row) => `a dog, with a ball, number ${row}` })).toBeUndefined();
  expect(columnsOf({ tags: ["['cat', 'dog']", "['cat']"] })).toBeUndefined();
});

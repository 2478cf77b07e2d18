import { describe, expect, test } from '@jest/globals';
import { Pace } from '../../src/report/pace.js';
import { clock } from '../../src/report/words.js';

describe('pace', () => {
  test('says nothing in the first moment, nor of what passed before the first batch', () => {
    const pace = new Pace();
    pace.mark(0, 0);
    pace.mark(10, 5000);
    expect(pace.rate(5000)).toBeUndefined();
    pace.mark(20, 5900);
    expect(pace.rate(5900)).toBeUndefined();
    pace.mark(30, 7000);
    expect(pace.rate(7000)).toBeCloseTo(10);
  });

  test('follows what was done lately', () => {
    const pace = new Pace();
    for (let second = 1; second <= 20; second++) pace.mark(second * 100, second * 1000);
    expect(pace.rate(20_000)).toBeCloseTo(100);
    for (let second = 21; second <= 40; second++) pace.mark(2000 + (second - 20) * 10, second * 1000);
    expect(pace.rate(40_000)).toBeCloseTo(10);
  });

  test('gets slower if nothing comes, then unknown', () => {
    const pace = new Pace();
    for (let second = 1; second <= 5; second++) pace.mark(second * 100, second * 1000);
    expect(pace.rate(9000)).toBeCloseTo(50);
    expect(pace.rate(30_000)).toBeUndefined();
  });

  test('a task that begins again is measured again', () => {
    const pace = new Pace();
    for (let second = 1; second <= 5; second++) pace.mark(second * 100, second * 1000);
    pace.mark(10, 6000);
    expect(pace.rate(6000)).toBeUndefined();
    pace.mark(30, 8000);
    expect(pace.rate(8000)).toBeCloseTo(10);
  });
});

test.each([
  [0.2, '0:01'],
  [7, '0:07'],
  [750, '12:30'],
  [3723, '1:02:03'],
])('%d seconds are %s', (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});

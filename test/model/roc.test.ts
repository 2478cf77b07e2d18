/** The ROC curve, held against the rank statistic that must be its area. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rocAuc, rocCurve, type RocPoint } from '../../src/model/metrics.js';

function areaBelow(points: readonly RocPoint[]): number {
  return points.slice(1).reduce((sum, [x, y], index) => sum + ((x - points[index][0]) * (y + points[index][1])) / 2, 0);
}

describe('rocCurve', () => {
  test('by hand: four images, one pair in the wrong order', () => {
    expect(rocCurve([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0])).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
  });

  test('equal scores change sides together', () => {
    expect(rocCurve([0.5, 0.5, 0.5], [1, 0, 1])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test('a perfect order is two lines, whatever the number of images', () => {
    const labels = Array.from({ length: 100 }, (_, index) => Number(index < 40));
    expect(
      rocCurve(
        labels.map((_, index) => -index),
        labels,
      ),
    ).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
  });

  test('needs images of both classes', () => {
    expect(rocCurve([0.2, 0.3], [1, 1])).toBeUndefined();
  });

  test('has the area that the ranks say, and never goes back', () => {
    const image = fc.record({ score: fc.integer({ min: 0, max: 12 }), label: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(image, { maxLength: 60 }), (images) => {
        const scores = images.map(({ score }) => score / 12);
        const labels = images.map(({ label }) => label);
        const points = rocCurve(scores, labels);
        const area = rocAuc(scores, labels);
        if (points === undefined) return area === undefined;
        for (const [index, [x, y]] of points.slice(1).entries())
          expect(x >= points[index][0] && y >= points[index][1]).toBe(true);
        expect(areaBelow(points)).toBeCloseTo(area!, 10);
        return true;
      }),
    );
  });
});

/** Rules of heads: what a layer can follow, and which ending fits how many classes. */
import { expect, test } from '@jest/globals';
import {
  classesOfEnding,
  classifierOf,
  endingFault,
  endingsFor,
  orderFaults,
  unitsFault,
  type HeadInput,
} from '../../src/core/head-rules.js';
import type { HeadLayer } from '../../src/core/schema-types.js';

const layers = (...names: string[]): HeadLayer[] => names.map((name) => ({ [name]: {} }) as HeadLayer);

const orders: readonly (readonly [input: HeadInput, names: readonly string[], faults: readonly (string | number)[]])[] =
  [
    ['image', ['flatten', 'dense', 'classifier'], []],
    ['image', ['dense', 'dense', 'classifier'], ['dense-on-image', 0]],
    ['image', ['dropout', 'classifier'], ['dense-on-image', 1]],
    ['unknown', ['dense', 'classifier'], []],
    ['vector', ['dense', 'classifier'], []],
    ['vector', ['global_average_pooling', 'classifier'], ['pooling-after-flatten', 0]],
    ['unknown', ['global_average_pooling', 'classifier'], []],
    ['image', ['global_average_pooling', 'flatten', 'classifier'], []],
    ['image', ['flatten', 'dropout', 'global_average_pooling', 'classifier'], ['pooling-after-flatten', 2]],
    ['image', ['flatten', 'classifier', 'dropout'], ['classifier-not-last', 1]],
  ];

test.each(orders)('on %s: %j', (input, names, faults) => {
  expect(orderFaults(layers(...names), input).flatMap(({ code, layer }) => [code, layer])).toEqual(faults);
});

test('a classifier always fits, and the message lists exactly what is accepted', () => {
  for (const classes of [2, 3, 10]) {
    const { units, activation } = classifierOf(classes, undefined);
    expect(classesOfEnding(units, activation, undefined)).toBe(classes);
    expect(unitsFault({ units, activation }, classes, 'there are classes', undefined)).toBeUndefined();
    expect(endingsFor(classes, undefined)).toContain(`${classes} softmax units`);
  }
  expect(classesOfEnding(2, 'sigmoid', undefined)).toBeUndefined();
  expect(classesOfEnding(3, 'linear', undefined)).toBeUndefined();
  expect(unitsFault({ units: 1, activation: 'sigmoid' }, 3, 'there are 3 classes', undefined)).toEqual({
    found: 'the head ends in 1 sigmoid unit, but there are 3 classes',
    expected: '3 softmax units',
    remedy: 'use `classifier` instead, which always fits the classes',
  });
});

test('where an image has several classes, each has a sigmoid unit, and a softmax is refused', () => {
  for (const classes of [2, 3, 10]) {
    expect(classifierOf(classes, 'multilabel')).toEqual({ units: classes, activation: 'sigmoid' });
    expect(classesOfEnding(classes, 'sigmoid', 'multilabel')).toBe(classes);
  }
  expect(classesOfEnding(3, 'softmax', 'multilabel')).toBeUndefined();
  expect(unitsFault({ units: 1, activation: 'sigmoid' }, 2, 'there are 2 classes', 'multilabel')).toEqual({
    found: 'the head ends in 1 sigmoid unit, but there are 2 classes, of which an image may have several',
    expected: '2 sigmoid units, one per class',
    remedy: 'use `classifier` instead, which always fits the classes',
  });
  const softmax = [{ dense: { units: 3, activation: 'softmax' } }] as HeadLayer[];
  expect(endingFault(softmax, 'multilabel')).toMatchObject({ code: 'softmax-with-multilabel', layer: 0 });
  const sigmoids = [{ dense: { units: 3, activation: 'sigmoid' } }] as HeadLayer[];
  expect(endingFault(sigmoids, 'multilabel')).toBeUndefined();
  expect(endingFault(sigmoids, undefined)?.code).toBe('several-sigmoids');
});

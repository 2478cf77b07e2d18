/** Rules of heads: what a layer can follow, and which ending fits how many classes. */
import { expect, test } from '@jest/globals';
import {
  classesOfEnding,
  classifierOf,
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
    const { units, activation } = classifierOf(classes);
    expect(classesOfEnding(units, activation)).toBe(classes);
    expect(unitsFault({ units, activation }, classes, 'there are classes')).toBeUndefined();
    expect(endingsFor(classes)).toContain(`${classes} softmax units`);
  }
  expect(classesOfEnding(2, 'sigmoid')).toBeUndefined();
  expect(classesOfEnding(3, 'linear')).toBeUndefined();
  expect(unitsFault({ units: 1, activation: 'sigmoid' }, 3, 'there are 3 classes')).toEqual({
    found: 'the head ends in 1 sigmoid unit, but there are 3 classes',
    expected: '3 softmax units',
    remedy: 'use `classifier` instead, which always fits the classes',
  });
});

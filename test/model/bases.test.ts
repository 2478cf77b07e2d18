import { expect, test } from '@jest/globals';
import { bases } from '../../src/model/bases/index.js';
import { vgg16 } from '../../src/model/bases/vgg16.js';
import { allWeightSpecs, outputOf, shapesOf, withInputShape } from '../../src/model/graph.js';
import { sizeOf } from '../../src/model/tensor.js';

test('VGG16 has Keras\'s parameters, names and shapes', () => {
  const specs = allWeightSpecs(vgg16());
  expect(specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(14_714_688);
  expect(specs[0]).toEqual({ name: 'block1_conv1/kernel', role: 'kernel', shape: [3, 3, 3, 64] });
  expect(specs.at(-1)).toEqual({ name: 'block5_conv3/bias', role: 'bias', shape: [512] });
  expect(outputOf(vgg16()).name).toBe('block5_pool');
  expect(shapesOf(withInputShape(vgg16(), [224, 224, 3])).get('block5_pool')).toEqual([7, 7, 512]);
});

test('every base brings its layers from somewhere, and its preprocessing unless it is anyone\'s', () => {
  const told = Object.entries(bases).map(([name, base]) => [name, base.graph?.name ?? null, base.preprocessing, base.file]);
  expect(told).toEqual([
    ['vgg16', 'vgg16', 'caffe', undefined],
    ['mobilenet_v2', null, 'tf', undefined],
    ['compact32', null, 'tf', 'examples/base/model.json'],
    ['layers_model', null, null, undefined],
  ]);
});

/** Preprocessing against numbers that Keras 3 gave (`keras.applications.imagenet_utils`, float32). */
import { describe, expect, test } from '@jest/globals';
import { describePreprocessing, preprocess, type Preprocessing } from '../../src/model/preprocessing.js';

const levels = [0, 1, 2, 255, 128, 77, 12, 200, 103];
const mode = (name: 'tf' | 'caffe' | 'torch' | 'none'): Preprocessing => ({ kind: 'mode', mode: name });

const keras: [string, Preprocessing, number[]][] = [
  [
    'tf',
    mode('tf'),
    [
      -1, -0.9921568632125854, -0.9843137264251709, 1, 0.003921627998352051, -0.3960784077644348, -0.9058823585510254,
      0.5686274766921997, -0.1921568512916565,
    ],
  ],
  [
    'caffe',
    mode('caffe'),
    [
      -101.93900299072266, -115.77899932861328, -123.68000030517578, -26.939002990722656, 11.221000671386719,
      131.32000732421875, -0.9390029907226562, 83.22100067138672, -111.68000030517578,
    ],
  ],
  [
    'torch',
    mode('torch'),
    [
      -2.1179039478302, -2.018207311630249, -1.7695860862731934, 2.248908281326294, 0.20518219470977783,
      -0.46239641308784485, -1.9124069213867188, 1.465686321258545, -0.009237395599484444,
    ],
  ],
  ['none', mode('none'), levels],
  [
    '1/255',
    { kind: 'rescale', factor: 1 / 255 },
    [
      0, 0.003921568859368563, 0.007843137718737125, 1, 0.501960813999176, 0.3019607961177826, 0.0470588281750679,
      0.7843137979507446, 0.40392160415649414,
    ],
  ],
];

describe('preprocess', () => {
  test.each(keras)('%s is what Keras gives, to the last bit', (_, preprocessing, expected) => {
    const into = new Float32Array(9);
    preprocess(Uint8Array.from(levels), into, preprocessing);
    expect([...into]).toEqual(expected);
  });

  test.each(keras)('%s works in place on float levels', (_, preprocessing, expected) => {
    const pixels = Float32Array.from(levels);
    preprocess(pixels, pixels, preprocessing);
    expect([...pixels]).toEqual(expected);
  });
});

test('descriptions say what the network sees', () => {
  expect(describePreprocessing(mode('caffe'))).toBe('BGR, with the ImageNet mean taken off');
  expect(describePreprocessing({ kind: 'rescale', factor: 1 / 255 })).toBe('levels times 1/255');
  expect(describePreprocessing({ kind: 'rescale', factor: 0.3 })).toBe('levels times 0.3');
  expect(describePreprocessing({ kind: 'rescale', factor: 2 })).toBe('levels times 2');
});

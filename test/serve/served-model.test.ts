/** What the server knows of models of both formats. */
import { expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import { metadataOf } from '../../src/engine/onnx/metadata.js';
import { servedModelOf } from '../../src/serve/served-model.js';

const image = { size: [32, 32], interpolation: 'bilinear', orientation: 'exif' } as const;
const preprocessing = { kind: 'mode', mode: 'none' } as const;
const classes = ['cats', 'dogs'];
const metadata = metadataOf({ classes, image, preprocessing, activation: 'softmax', weights: 'float32' });
const digest = digestOf('bytes');

test.each([
  ['/models/pets/model.onnx', 'pets', 'model.onnx'],
  ['/downloads/pets-2.onnx', 'pets-2', 'pets-2.onnx'],
])('an .onnx file at %s is called %s', (path, name, file) => {
  const { facts, files } = servedModelOf({ format: 'onnx', path, digest, ...metadata });
  expect(facts).toMatchObject({ format: 'onnx', name, file, input: 'pixels', output: 'scores' });
  expect([...files]).toEqual([[file, digest]]);
});

test('a layers-model is called as its folder', () => {
  const files = new Map([['model.json', digest]]);
  const bundle = { format: 'layers-model', folder: '/models/pets', files, classes, image, preprocessing } as const;
  expect(servedModelOf(bundle).facts).toEqual({ format: 'layers-model', name: 'pets', classes, image, preprocessing });
});

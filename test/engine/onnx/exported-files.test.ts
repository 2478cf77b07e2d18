/**
 * ONNX files of PyTorch's two exporters, of Keras's and tf2onnx (tools/onnx), tiny networks with the nodes of the large
 * ones: the tool finds their features, computes what plain onnxruntime computes, and what the framework does.
 */
import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { baseOf, exportedIn, featuresOf, layerOf, plainFeatures, shareOf, toleranceOf, wholeOf } from './exported.js';

const folder = 'test/fixtures/onnx';
const files = Object.entries(exportedIn(folder));

describe('features are those of plain onnxruntime, and of the framework', () => {
  test.each(files)('%s', async (name, exported) => {
    const path = join(folder, `${name}.onnx`);
    const file = wholeOf(path);
    const base = await baseOf(file, path, exported);
    const { features } = exported;
    const found = await featuresOf(base, exported, features.length);
    const plain = await plainFeatures(file, layerOf(base), exported, features.length);
    expect(found).toEqual(plain);
    expect(shareOf(found, features.flat())).toBeLessThan(toleranceOf(name, exported));
    // A batch has one scale for all its images.
    if (name.endsWith('quantized')) expect(layerOf(base).alone).toBe(true);
  });
});

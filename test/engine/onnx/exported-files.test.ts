/**
 * ONNX files of PyTorch's two exporters, of Keras's and tf2onnx (tools/onnx), tiny networks with the nodes of the large
 * ones: the tool finds their features, computes what plain onnxruntime computes, and what the framework does.
 */
import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { baseOf, type Exported, exportedIn, featuresOf, layerOf, plainFeatures, wholeOf } from './exported.js';

const folder = 'test/fixtures/onnx';
const files = Object.entries(exportedIn(folder));

/** The largest difference from the framework: quantized weights have 8 bits, half floats 11. */
function toleranceOf(name: string, { type }: Exported): number {
  if (name.endsWith('quantized')) return 3e-2;
  return type === 'float16' ? 5e-3 : 1e-4;
}

/** The largest difference, as a share of the largest magnitude. */
function share(found: Float32Array, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  expect(found).toHaveLength(values.length);
  return Math.max(...values.map((value, at) => Math.abs(value - found[at]))) / Math.max(...values.map(Math.abs));
}

describe('features are those of plain onnxruntime, and of the framework', () => {
  test.each(files)('%s', async (name, exported) => {
    const path = join(folder, `${name}.onnx`);
    const file = wholeOf(path);
    const base = await baseOf(file, path, exported);
    const { features } = exported;
    const found = await featuresOf(base, exported, features.length);
    const plain = await plainFeatures(file, layerOf(base), exported, features.length);
    expect(found).toEqual(plain);
    expect(share(found, features.flat())).toBeLessThan(toleranceOf(name, exported));
    // A batch has one scale for all its images.
    if (name.endsWith('quantized')) expect(layerOf(base).alone).toBe(true);
  });
});

/**
 * Whole networks as PyTorch's two exporters write them (tools/onnx/make.sh): features have the bits of plain onnxruntime,
 * and are the framework's. ONNX_FILES is the folder; without it there is nothing to compare.
 */
import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import {
  baseOf,
  exportedIn,
  featuresOf,
  layerOf,
  plainFeatures,
  shareOf,
  toleranceOf,
  wholeOf,
} from '../engine/onnx/exported.js';

const folder = process.env.ONNX_FILES;
const files = folder === undefined ? [] : Object.entries(exportedIn(folder));
/** Of a file whose framework is not available, only the bits are compared. */
const IMAGES = 2;

if (files.length === 0) test.skip('no files: bash tools/onnx/make.sh', () => undefined);
else
  test.each(files)(
    '%s',
    async (name, exported) => {
      const path = join(folder!, `${name}.onnx`);
      const file = wholeOf(path);
      const base = await baseOf(file, path, exported);
      const found = await featuresOf(base, exported, IMAGES);
      const plain = await plainFeatures(file, layerOf(base), exported, IMAGES);
      const features = exported.features.flat();
      const difference = features.length === 0 ? 0 : shareOf(found, features);
      const other = found.reduce((count, value, at) => count + (Object.is(value, plain[at]) ? 0 : 1), 0);
      process.stdout.write(
        `${name}: ${found.length} numbers, ${other} differ in a bit, ${difference.toExponential(1)} from the framework\n`,
      );
      expect(found).toHaveLength(plain.length);
      expect(other).toBe(0);
      expect(difference).toBeLessThan(toleranceOf(name, exported));
    },
    600_000,
  );

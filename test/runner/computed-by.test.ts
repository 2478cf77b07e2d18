import { expect, test } from '@jest/globals';
import { machineClass } from '../../src/core/machine-class.js';
import { computedByText } from '../../src/report/computed-by.js';
import { computedByOf } from '../../src/runner/computed-by.js';

const complete = { engine: 'onnx', backend: 'cpu', version: '1.30.0', processor: 'Xeon', architecture: 'x64' };

test('only results of an engine have it', () => {
  expect(computedByOf(null)).toBeUndefined();
  expect(computedByOf({ decoder: { sharp: '1' } })).toBeUndefined();
  expect(computedByOf({ engine: { name: 'onnx', backend: 'cpu', version: '1.30.0', impl: 4 } })).toEqual({
    ...complete,
    processor: expect.stringMatching(/^\S(.*\S)?$/),
    architecture: process.arch,
    machineClass: machineClass(),
  });
});

test.each([
  [complete, 'onnx 1.30.0 (cpu) on Xeon, x64'],
  [{ ...complete, machineClass: 'x64-avx2' }, 'onnx 1.30.0 (cpu) on Xeon, x64-avx2'],
  [{ ...complete, processor: 'unknown' }, 'onnx 1.30.0 (cpu) on an unknown processor, x64'],
  [{ engine: 'onnx' }, undefined],
  [undefined, undefined],
])('%j reads %s', (computedBy, text) => {
  expect(computedByText(computedBy)).toBe(text);
});

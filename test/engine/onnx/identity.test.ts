import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { onnxIdentity } from '../../../src/engine/onnx/identity.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';

test('the identity comes from the package and is that of the engine', async () => {
  const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-node/package.json', 'utf8'));
  const identity = onnxIdentity();
  expect(identity).toMatchObject({ name: 'onnx', backend: 'cpu', version });
  expect((await createOnnxEngine()).identity).toEqual(identity);
});

test('a machine without a binary has no identity', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...platform, value: 'plan9' });
  try {
    expect(onnxIdentity()).toBeUndefined();
  } finally {
    Object.defineProperty(process, 'platform', platform);
  }
});

/** The device in an engine's identity, which keys contain. */
import { expect, test } from '@jest/globals';
import type { EngineIdentity } from '../../../src/engine/engine.js';
import { identityFor } from '../../../src/engine/impl.js';
import { onnxIdentity } from '../../../src/engine/onnx/identity.js';
import { openEngine, resolveEngine } from '../../../src/engine/resolve.js';
import { everyLayer } from '../../model/graphs.js';

const device = { backend: 'webgpu:NVIDIA A10', fallback: true };

test('the processor has the identity that it had before there were devices', () => {
  const { version, impl } = onnxIdentity()!;
  const expected: EngineIdentity = { name: 'onnx', backend: 'cpu', version, impl };
  expect(resolveEngine('auto')).toEqual(expected);
  expect(resolveEngine('onnx', undefined)).toEqual(expected);
});

test('a device has its name and its adapter; whether operators may run on the CPU is not in it', () => {
  const identity = resolveEngine('auto', device);
  expect(identity).toEqual({ ...resolveEngine('auto'), backend: 'webgpu:NVIDIA A10' });
  expect(resolveEngine('auto', { ...device, fallback: false })).toEqual(identity);
  expect(identityFor(identity, everyLayer()).backend).toBe('webgpu:NVIDIA A10');
  expect(resolveEngine('tfjs', device).backend).not.toContain('webgpu');
});

test('a device that is not here can be planned for, and not opened', async () => {
  const missing = { ...device, missing: 'the adapter here is NVIDIA B20' };
  const identity = resolveEngine('onnx', missing);
  expect(identity).toEqual(resolveEngine('onnx', device));
  await expect(openEngine(identity, { device: missing })).rejects.toMatchObject({
    category: 'invalid',
    problems: [
      {
        code: 'device-missing',
        found:
          'the last results are from webgpu on NVIDIA A10, which cannot be used on this machine: the adapter here is NVIDIA B20',
        remedy: expect.stringContaining('`--device cpu`'),
      },
    ],
  });
});

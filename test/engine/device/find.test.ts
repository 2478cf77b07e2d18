/** What a device is found to be, and the lines of doctor, without a device. */
import { describe, expect, test } from '@jest/globals';
import { deviceNames, deviceOf, deviceText } from '../../../src/core/engine-choice.js';
import { checkDevices } from '../../../src/engine/device/check.js';
import { adapterOf, decidesAdapter } from '../../../src/engine/device/facts.js';
import { adapterIn, isSoftware } from '../../../src/engine/device/find.js';
import { reasonOf } from '../../../src/engine/device/reasons.js';

test('the adapter is the last one that the Vulkan loader made a device of', () => {
  const text = [
    '[Vulkan Loader] INFO | DRIVER:             [0] Intel(R) UHD Graphics',
    '[Vulkan Loader] DRIVER:                Using "Intel(R) UHD Graphics" with driver: "/usr/lib/libvulkan_intel.so"',
    '[Vulkan Loader] DRIVER:                Using "NVIDIA A10\t\u00e9" with driver: "/usr/lib/libGLX_nvidia.so"',
  ].join('\n');
  expect(adapterIn(text)).toBe('NVIDIA A10');
  expect(adapterIn('no such line')).toBeUndefined();
});

test('of different cards, what chooses among them is in the name; of equal ones it is not', () => {
  const different = ['NVIDIA A10', 'Tesla T4'];
  expect(adapterOf(different)).toBe('NVIDIA A10 + Tesla T4');
  expect(adapterOf(different, '1')).toBe('NVIDIA A10 + Tesla T4 (CUDA_VISIBLE_DEVICES="1")');
  expect(adapterOf(['NVIDIA A10', 'NVIDIA A10'], '1')).toBe('NVIDIA A10');
  expect(adapterOf([])).toBe('unknown');
});

test('adapters that compute on the processor are known', () => {
  expect(
    ['SwiftShader Device (Subzero)', 'llvmpipe (LLVM 19.1, 256 bits)', 'Microsoft Basic Render Driver'].map(isSoftware),
  ).toEqual([true, true, true]);
  expect(['NVIDIA A10', 'Apple M2 Pro', 'AMD Radeon RX 7600'].map(isSoftware)).toEqual([false, false, false]);
});

test('a backend is a device and its adapter; the processor and the backends of TF.js have none', () => {
  expect(deviceOf('webgpu:Radeon: Pro')).toEqual({ name: 'webgpu', adapter: 'Radeon: Pro' });
  expect(['cpu', 'wasm', 'node', 'metal:x'].map(deviceOf)).toEqual([undefined, undefined, undefined, undefined]);
  expect([deviceText('cpu'), deviceText('webgpu:NVIDIA A10')]).toEqual(['cpu', 'webgpu on NVIDIA A10']);
});

test('what decides an adapter changes with a variable that chooses another', () => {
  const before = JSON.stringify(decidesAdapter('webgpu'));
  expect(JSON.stringify(decidesAdapter('webgpu'))).toBe(before);
  const own = process.env.DRI_PRIME;
  process.env.DRI_PRIME = 'another';
  expect(JSON.stringify(decidesAdapter('webgpu'))).not.toBe(before);
  if (own === undefined) delete process.env.DRI_PRIME;
  else process.env.DRI_PRIME = own;
});

describe('why a device cannot be used', () => {
  test.each([
    [
      'webgpu',
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file",
      /Vulkan loader is not installed/,
    ],
    [
      'webgpu',
      'adapter_result.status == Success was false. Failed to get a WebGPU adapter: No supported adapters',
      /no graphics card/,
    ],
    [
      'webgpu',
      'Failed to get a WebGPU adapter: No supported adapters\n[Vulkan Loader] ERROR: /usr/lib/libvulkan_lvp.so: cannot open',
      /no graphics card/,
    ],
    [
      'cuda',
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      /libraries are not installed/,
    ],
    ['cuda', 'CUDA failure 100: no CUDA-capable device is detected', /no card that CUDA can use/],
    ['coreml', 'something nobody has seen', /onnxruntime cannot start it/],
  ] as const)('%s: %s', (device, text, expected) => {
    const { reason, remedy } = reasonOf(device, { kind: 'failed', text });
    expect(reason).toMatch(expected);
    expect(remedy).toBeDefined();
    expect(`${reason} ${remedy}`).not.toContain(text);
  });

  test('a driver that hangs did not end the process', () => {
    expect(reasonOf('webgpu', { kind: 'late' }).reason).toBe('its driver did not respond within a minute');
  });

  test('doctor has a line for each device', async () => {
    const lines = await checkDevices('dml', async (device) =>
      device === 'webgpu'
        ? { kind: 'works', adapter: 'NVIDIA A10' }
        : device === 'cuda'
          ? { kind: 'works', adapter: 'llvmpipe' }
          : reasonOf(device, { kind: 'ended', how: 'SIGSEGV' }),
    );
    expect(lines.map(({ level, text }) => `${level} ${text}`)).toEqual([
      'ok device webgpu: works on NVIDIA A10 (--device webgpu)',
      'note device cuda: works on llvmpipe, which computes on the processor and is slower than the device cpu',
      'note device coreml: cannot be used here: its driver ended the process (SIGSEGV)',
      'error device dml: cannot be used here: its driver ended the process (SIGSEGV)',
    ]);
    expect(lines).toHaveLength(deviceNames.length);
  });
});

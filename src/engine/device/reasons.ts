/** Why a device cannot be used here, in words, and what to do. Messages of libraries are for developers. */
import { arch } from 'node:os';
import type { DeviceName } from '../../core/engine-choice.js';

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
  readonly remedy?: string;
}

export type Fault =
  | { readonly kind: 'not-included' | 'wrong' | 'late' }
  | { readonly kind: 'ended'; readonly how: string }
  /** What the library and the driver wrote. */
  | { readonly kind: 'failed'; readonly text: string };

export function reasonOf(device: DeviceName, fault: Fault): Refusal {
  switch (fault.kind) {
    case 'not-included':
      return refused(`onnxruntime-node for ${process.platform}-${arch()} does not include it`);
    case 'wrong':
      return refused('it computes wrong numbers', 'update the driver of the graphics card');
    case 'late':
      return refused('its driver did not respond within a minute', 'update the driver of the graphics card');
    case 'ended':
      return refused(`its driver ended the process (${fault.how})`, 'update the driver of the graphics card');
    case 'failed':
      return known.find(([of, pattern]) => of === device && pattern.test(fault.text))?.[2] ?? unknown;
  }
}

function refused(reason: string, remedy?: string): Refusal {
  return { kind: 'refused', reason, ...(remedy !== undefined && { remedy }) };
}

const unknown = refused('onnxruntime cannot start it', 'update the driver of the graphics card');

/** The first that fits decides. */
const known: readonly (readonly [DeviceName, RegExp, Refusal])[] = [
  [
    'webgpu',
    // Mesa's drivers are called libvulkan_lvp.so and the like.
    /Couldn't load Vulkan|libvulkan\.so/i,
    refused('the Vulkan loader is not installed', 'install libvulkan1 and the driver of the graphics card'),
  ],
  [
    'webgpu',
    /adapter/i,
    refused(
      'no graphics card with a driver that WebGPU accepts is there',
      'install the driver of the graphics card; in a container, pass the card on',
    ),
  ],
  [
    'cuda',
    /load (shared )?library|backend not found/i,
    refused(
      'its libraries are not installed',
      'install the driver of the card, CUDA 12 and cuDNN 9, then `npm install onnxruntime-node` again without ONNXRUNTIME_NODE_INSTALL=skip',
    ),
  ],
  [
    'cuda',
    /no CUDA-capable device|CUDA driver version|CUDA failure/i,
    refused('no card that CUDA can use is there', 'install the driver of the card; in a container, pass the card on'),
  ],
];

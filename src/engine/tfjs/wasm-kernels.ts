/**
 * Corrects the WebAssembly backend of TF.js, in Node and in the browser: its convolutions compute SAME wrong if the
 * last window ends before the image does along an axis, as with kernels of 1 x 3 and strides of 2
 * (tensorflow/tfjs#6629). Given the same padding as numbers, they are right.
 */
import { getKernel, registerKernel, unregisterKernel, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { samePadding } from '../../model/same-padding.js';

const convolutions = ['Conv2D', 'DepthwiseConv2dNative', 'FusedConv2D', 'FusedDepthwiseConv2D'];

/** To be called once, after the backend's package was imported and before it computes. */
export function correctWasmKernels(): void {
  for (const name of convolutions) {
    const kernel = getKernel(name, 'wasm');
    if (kernel === undefined) continue;
    unregisterKernel(name, 'wasm');
    registerKernel({ ...kernel, kernelFunc: withPaddingInNumbers(kernel.kernelFunc) });
  }
}

type KernelFunc = KernelConfig['kernelFunc'];

interface Attributes {
  readonly strides: number | readonly [number, number];
  /** Null if a layer of tfjs-layers leaves them out. */
  readonly dilations: number | readonly [number, number] | null;
  readonly pad: unknown;
}

function withPaddingInNumbers(compute: KernelFunc): KernelFunc {
  return (call) => {
    const { strides, dilations, pad } = call.attrs as unknown as Attributes;
    if (pad !== 'same') return compute(call);
    const { x, filter } = call.inputs as { x: TensorInfo; filter: TensorInfo };
    const around = ([0, 1] as const).map((axis) => {
      const size = (filter.shape[axis] - 1) * at(dilations ?? 1, axis) + 1;
      return samePadding(x.shape[axis + 1], size, at(strides, axis));
    });
    // If nothing is left over, the backend is right by itself, and its numbers stay as they are.
    if (!around.some(({ rest }) => rest)) return compute(call);
    const [rows, columns] = around.map(({ before, after }) => [before, after]);
    return compute({ ...call, attrs: { ...call.attrs, pad: [[0, 0], rows, columns, [0, 0]] } });
  };
}

function at(pair: number | readonly [number, number], axis: 0 | 1): number {
  return typeof pair === 'number' ? pair : pair[axis];
}

/**
 * The optimizer's step apart from the graph, with WebAssembly's vectors and the same results to the last bit. As a dozen
 * operators it takes longer than all else in the step of a head, and outputs of a graph are paid for twice:
 * onnxruntime-node copies each into new memory, even if it was given memory for it. So the graph outputs gradients rather
 * than weights and moments.
 */
import { instantiate, PAGE_BYTES, type ModuleMemory } from '../../../core/web-assembly.js';
import { type Optimizer, slotCount } from '../../../model/optimizer.js';
import { KERNEL } from './kernel-bytes.js';

/** As `kernel.wat` says. */
interface Kernel {
  readonly memory: ModuleMemory;
  readonly descent: (weight: number, gradient: number, bytes: number, rate: number) => void;
  readonly momentum: (
    weight: number,
    gradient: number,
    slot: number,
    bytes: number,
    rate: number,
    momentum: number,
    nesterov: number,
  ) => void;
  readonly rmsprop: (
    weight: number,
    gradient: number,
    square: number,
    velocity: number,
    bytes: number,
    rate: number,
    rho: number,
    rest: number,
    epsilon: number,
    momentum: number,
  ) => void;
  readonly adam: (
    weight: number,
    gradient: number,
    first: number,
    second: number,
    bytes: number,
    rate: number,
    rest1: number,
    rest2: number,
    epsilon: number,
  ) => void;
}

/** A weight with its gradient and the optimizer's buffers, all in the kernel's memory. */
export interface Learned {
  readonly weight: Float32Array;
  readonly gradient: Float32Array;
  readonly slots: readonly Float32Array[];
}

/** What the kernel computes at once: four numbers. */
const STEP_BYTES = 16;

export class Updates {
  readonly learned: readonly Learned[];

  private constructor(
    private readonly kernel: Kernel,
    private readonly optimizer: Optimizer,
    lengths: readonly number[],
  ) {
    const { buffer } = kernel.memory;
    let at = 0;
    const next = (length: number): Float32Array => {
      const array = new Float32Array(buffer, at, length);
      at += bytesOf(length);
      return array;
    };
    this.learned = lengths.map((length) => ({
      weight: next(length),
      gradient: next(length),
      slots: Array.from({ length: slotCount(optimizer) }, () => next(length)),
    }));
  }

  /** For weights of these lengths, all zero; undefined if there is no WebAssembly, or no memory for it. */
  static open(optimizer: Optimizer, lengths: readonly number[]): Updates | undefined {
    const arrays = 2 + slotCount(optimizer);
    const bytes = lengths.reduce((sum, length) => sum + arrays * bytesOf(length), 0);
    try {
      const kernel = instantiate(KERNEL) as Kernel;
      kernel.memory.grow(Math.ceil(bytes / PAGE_BYTES));
      return new Updates(kernel, optimizer, lengths);
    } catch {
      return undefined;
    }
  }

  /** One step of each weight by its gradient. `rate` is what the optimizer's formula is given, as in the graph. */
  run(rate: number): void {
    for (const { weight, gradient, slots } of this.learned) {
      const [first, second] = slots.map(({ byteOffset }) => byteOffset);
      this.update(weight.byteOffset, gradient.byteOffset, first, second, bytesOf(weight.length), rate);
    }
  }

  private update(weight: number, gradient: number, first: number, second: number, bytes: number, rate: number): void {
    const { kernel, optimizer } = this;
    switch (optimizer.kind) {
      case 'sgd': {
        const { momentum, nesterov } = optimizer;
        if (momentum === 0) return kernel.descent(weight, gradient, bytes, rate);
        return kernel.momentum(weight, gradient, first, bytes, rate, momentum, nesterov ? 1 : 0);
      }
      case 'rmsprop': {
        const { rho, epsilon, momentum } = optimizer;
        return kernel.rmsprop(weight, gradient, first, second, bytes, rate, rho, 1 - rho, epsilon, momentum);
      }
      case 'adam': {
        const { beta1, beta2, epsilon } = optimizer;
        return kernel.adam(weight, gradient, first, second, bytes, rate, 1 - beta1, 1 - beta2, epsilon);
      }
    }
  }
}

function bytesOf(length: number): number {
  return Math.ceil((length * 4) / STEP_BYTES) * STEP_BYTES;
}

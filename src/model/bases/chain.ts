/** Builds graphs layer after layer, with the defaults of Keras's own applications. */
import type { Activation, BatchNormLayer, Conv2dLayer, Graph, Layer, Pair } from '../graph.js';

type ConvOptions = Partial<Pick<Conv2dLayer, 'padding' | 'useBias' | 'activation'>> & { readonly stride?: number };

/**
 * A network under construction. Each method adds a layer that reads `from`, by default the last one, and returns its
 * name.
 */
export class Chain {
  private readonly layers: Layer[] = [];

  /** Begins with images of any size, in three channels. */
  constructor(private readonly name: string) {
    this.layers.push({ kind: 'input', name: 'input_1', inputs: [], trainable: true, shape: [null, null, 3] });
  }

  get last(): string {
    return this.layers[this.layers.length - 1].name;
  }

  graph(): Graph {
    return { name: this.name, layers: this.layers };
  }

  conv(name: string, filters: number, size: number, options: ConvOptions = {}, from = this.last): string {
    const { stride = 1, padding = 'valid', useBias = true, activation = 'linear' } = options;
    return this.push({
      ...common(name, from),
      kind: 'conv2d',
      filters,
      ...kernel(size, stride),
      padding,
      useBias,
      activation,
    });
  }

  /** Without a bias: normalization follows. */
  depthwiseConv(name: string, size: number, stride: number, padding: 'same' | 'valid'): string {
    const windowed = { ...kernel(size, stride), padding, useBias: false, activation: 'linear' } as const;
    return this.push({ ...common(name, this.last), kind: 'depthwise_conv2d', depthMultiplier: 1, ...windowed });
  }

  batchNorm(name: string, settings: Pick<BatchNormLayer, 'epsilon' | 'momentum'>, from = this.last): string {
    const whole = { scale: true, center: true, statistics: 'batch' } as const;
    return this.push({ ...common(name, from), kind: 'batch_normalization', ...settings, ...whole });
  }

  activation(name: string, activation: Activation): string {
    return this.push({ ...common(name, this.last), kind: 'activation', activation });
  }

  /** By the same rows and columns in both directions. */
  pad(name: string, before: number, after: number): string {
    const ends: Pair = [before, after];
    return this.push({ ...common(name, this.last), kind: 'zero_padding2d', padding: [ends, ends] });
  }

  /** Halves rows and columns. */
  maxPool(name: string, size: number): string {
    const windowed = { poolSize: [size, size], strides: [2, 2], padding: 'valid' } as const;
    return this.push({ ...common(name, this.last), kind: 'max_pooling2d', ...windowed });
  }

  add(name: string, from: readonly [string, string]): string {
    return this.push({ kind: 'add', name, inputs: from, trainable: true });
  }

  private push(layer: Layer): string {
    this.layers.push(layer);
    return layer.name;
  }
}

function common(name: string, from: string): Pick<Layer, 'name' | 'inputs' | 'trainable'> {
  return { name, inputs: [from], trainable: true };
}

function kernel(size: number, stride: number): Pick<Conv2dLayer, 'kernelSize' | 'strides' | 'dilation'> {
  return { kernelSize: [size, size], strides: [stride, stride], dilation: [1, 1] };
}

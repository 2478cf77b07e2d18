/**
 * Whether a network is one of an architecture that has a name: by its layers and how they are connected, never by their
 * names.
 */
import { digestOf } from '../../core/digest.js';
import type { Activation, Graph, Layer } from '../graph.js';

export interface Difference {
  /** The first layer of the file's that the architecture does not have there; undefined if the file ends too early. */
  readonly found: string | undefined;
  /** What the architecture has in its place; undefined if it ends before. */
  readonly expected: string | undefined;
}

/** Networks cut off after fewer layers cannot be recognized. */
const FEWEST = 8;

/**
 * What differs first, or undefined if the network is the architecture, whole or cut off. Releases of Keras differ in
 * what is left out of the comparison: names, input sizes, padding (before a convolution or in it), whether an
 * activation is a layer, the epsilon of BatchNorm. `widths`: the number of filters counts too.
 */
export function differenceFrom(
  network: Graph,
  architecture: Graph,
  { widths }: { readonly widths: boolean },
): Difference | undefined {
  const theirs = signaturesOf(network, widths);
  const ours = signaturesOf(architecture, widths);
  const known = new Set(ours.map(({ signature }) => signature));
  const met = new Set(theirs.map(({ signature }) => signature));
  const first = theirs.find(({ signature }) => !known.has(signature));
  const missing = ours.find(({ signature }) => !met.has(signature));
  if (first !== undefined) return { found: first.text, expected: missing?.text };
  return theirs.length < Math.min(FEWEST, ours.length) ? { found: undefined, expected: missing?.text } : undefined;
}

interface Signed {
  /** Stands for the layer and all that leads to it. */
  readonly signature: string;
  readonly text: string;
}

/** The layers that count, in order. Signatures are digests, or they would double at every branch. */
function signaturesOf({ layers }: Graph, widths: boolean): Signed[] {
  const byLayer = new Map<string, string>();
  const signed: Signed[] = [];
  const sign = (layer: Layer, description: string, inputs: readonly string[]): string => {
    const signature = digestOf(`${description}(${inputs.toSorted().join(',')})`);
    signed.push({ signature, text: `${layer.name} (${description})` });
    return signature;
  };
  for (const layer of layers) {
    const inputs = layer.inputs.map((name) => byLayer.get(name)!);
    const description = describe(layer, widths);
    const own = description === undefined ? (inputs[0] ?? 'image') : sign(layer, description, inputs);
    const activation = activationOf(layer);
    byLayer.set(layer.name, activation === 'linear' ? own : sign(layer, activation, [own]));
  }
  return signed;
}

function activationOf(layer: Layer): Activation {
  return 'activation' in layer ? layer.activation : 'linear';
}

/** Undefined for layers that are not compared. */
function describe(layer: Layer, widths: boolean): string | undefined {
  const by = ([height, width]: readonly [number, number]): string => `${height}x${width}`;
  const strides = (pair: readonly [number, number]): string => (by(pair) === '1x1' ? '' : `, strides of ${by(pair)}`);
  const dilation = (pair: readonly [number, number]): string => (by(pair) === '1x1' ? '' : `, dilation of ${by(pair)}`);
  switch (layer.kind) {
    case 'input':
    case 'activation':
    case 'dropout':
    case 'zero_padding2d':
    case 'cropping2d':
    case 'rescaling':
    case 'normalization':
      return undefined;
    case 'conv2d':
      return `conv2d of ${by(layer.kernelSize)}${widths ? ` with ${layer.filters} filters` : ''}${strides(layer.strides)}${dilation(layer.dilation)}`;
    case 'depthwise_conv2d':
      return `depthwise_conv2d of ${by(layer.kernelSize)}${strides(layer.strides)}${dilation(layer.dilation)}`;
    case 'separable_conv2d':
      return `separable_conv2d of ${by(layer.kernelSize)}${widths ? ` with ${layer.filters} filters` : ''}${strides(layer.strides)}${dilation(layer.dilation)}`;
    case 'max_pooling2d':
    case 'average_pooling2d':
      return `${layer.kind} of ${by(layer.poolSize)}${strides(layer.strides)}`;
    case 'dense':
      return `dense of ${layer.units}`;
    case 'batch_normalization':
    case 'layer_normalization':
    case 'reshape':
    case 'add':
    case 'multiply':
    case 'concatenate':
    case 'flatten':
    case 'global_average_pooling2d':
    case 'global_max_pooling2d':
    case 'onnx':
      return layer.kind;
  }
}

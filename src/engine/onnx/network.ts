/** Lays a layer graph out as ONNX nodes, layer by layer. */
import { type Graph, type Layer, type Shape, shapesOf, type StoredType } from '../../model/graph.js';
import { toHalves } from '../../model/rounding.js';
import { sizeOf, type Tensor, type Weights } from '../../model/tensor.js';
import type { GraphBuilder, Name } from './builder.js';
import { foldedPaddings } from './fold.js';
import type { Initializer } from './model-file.js';
import { applyLayer } from './layers/index.js';
import { transformedKernel, transformNodes, turnedTransformNodes } from './layers/winograd-kernel.js';
import { imageExtents } from './layers/onnx.js';
import type { Applied, LayerWeights, Role, Scope, Value } from './layers/rule.js';

export interface Step {
  readonly layer: Layer;
  /** The layers whose outputs were read, in order. */
  readonly inputs: readonly string[];
  readonly applied: Applied;
}

export interface LayOut {
  readonly weights: Weights;
  /** Weights that are inputs of the ONNX graph, by their full name, rather than constants of it. */
  readonly variables: ReadonlySet<string>;
  readonly training: boolean;
  /** As {@link Scope.normalizationOperator}; false if it is left out. */
  readonly normalizationOperator?: boolean;
  /** As {@link Scope.literal}; false if it is left out. */
  readonly literal?: boolean;
  /** As {@link Scope.winograd}; false if it is left out. */
  readonly winograd?: boolean;
}

/** Adds nodes for every layer after the input, whose value is given, and returns them in order. */
export function layOut(builder: GraphBuilder, graph: Graph, input: Value, options: LayOut): Step[] {
  const literal = options.literal === true;
  const paddings = literal ? new Map<string, string>() : foldedPaddings(graph);
  const left = new Set(paddings.values());
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const values = new Map<string, Value>([[graph.layers[0].name, input]]);
  const steps: Step[] = [];
  for (const layer of graph.layers) {
    if (layer.kind === 'input' || left.has(layer.name)) continue;
    const padding = layers.get(paddings.get(layer.name) ?? '');
    const inputs = padding === undefined ? layer.inputs : padding.inputs;
    const scope: Scope = {
      graph: builder,
      weights: weightsOf(builder, layer, options),
      training: options.training,
      normalizationOperator: options.normalizationOperator === true,
      literal,
      winograd: options.winograd === true,
      padding:
        padding?.kind === 'zero_padding2d'
          ? padding.padding
          : [
              [0, 0],
              [0, 0],
            ],
    };
    const applied = applyLayer(
      scope,
      layer,
      inputs.map((name) => values.get(name)!),
    );
    values.set(layer.name, applied.output);
    steps.push({ layer, inputs, applied });
  }
  return steps;
}

/**
 * The value of a graph's input in Keras's order. Its height and width must be known: a window's padding follows from
 * them. An ONNX file right after it decides which extents the model declares: onnxruntime joins other operators if it
 * knows more than the file says.
 */
export function inputOf(builder: GraphBuilder, graph: Graph, name: Name): Value {
  const [input] = graph.layers;
  const shape = shapesOf(graph).get(input.name)!;
  if (shape.some((extent) => extent === null)) {
    throw new Error(`the network ${graph.name} must be given an input size before it is compiled`);
  }
  const next = graph.layers[1];
  const value =
    next?.kind === 'onnx' ? builder.input(name, imageExtents(next, shape)) : builder.batchInput(name, shape);
  return { name: value, shape, order: 'last' };
}

/** How a layer's rule gets its weights. */
export function weightsOf(
  builder: GraphBuilder,
  layer: Layer,
  { weights, variables, training }: Pick<LayOut, 'weights' | 'variables' | 'training'>,
): LayerWeights {
  const find = (role: Role): { name: string; tensor: Tensor } => {
    const name = `${layer.name}/${role}`;
    const tensor = weights.get(name);
    if (tensor === undefined) throw new Error(`the weight ${name} is missing`);
    return { name, tensor };
  };
  return {
    get(role) {
      const { name, tensor } = find(role);
      return variables.has(name) ? name : builder.constant(name, tensor.shape, tensor.data);
    },
    transformed(role) {
      const { name, tensor } = find(role);
      if (variables.has(name)) return transformNodes(builder, name, tensor.shape.slice(2));
      const { shape, data } = transformedKernel(tensor);
      return builder.constant(`${name}:winograd`, shape, data);
    },
    transformedBack(role) {
      const { shape } = find(role).tensor;
      return turnedTransformNodes(builder, this.get(role), shape.slice(2));
    },
    typed(role, type) {
      const { name, tensor } = find(role);
      return builder.typedConstant(name, tensor.shape, asStored(name, tensor, type));
    },
    arranged(role, permutation, dims) {
      const { name, tensor } = find(role);
      if (variables.has(name)) return arrangedNodes(builder, name, tensor.shape, permutation, dims);
      const permuted = transpose(tensor, permutation);
      // While training a name of its own: the way back reads the same kernel in Keras's order.
      return builder.constant(training ? `${name}:oihw` : name, dims ?? permuted.shape, permuted.data);
    },
  };
}

/** The numbers of a tensor in the type that a file held them in: those are exact in float32. */
function asStored(name: string, tensor: Tensor, type: StoredType): Initializer['data'] {
  switch (type) {
    case 'float32':
      return tensor.data;
    case 'float16':
      return toHalves(name, tensor);
    case 'int8':
      return Int8Array.from(tensor.data);
    case 'uint8':
      return Uint8Array.from(tensor.data);
  }
}

/**
 * A kernel [height, width, in, out] with its places last. First in and out change places if requested, then the
 * rest, as matrices: onnxruntime takes three times as long for both at once (3 against 10 ms for 3 x 3 x 512 x 512).
 */
function arrangedNodes(
  builder: GraphBuilder,
  name: Name,
  shape: Shape,
  permutation: readonly number[],
  dims?: readonly number[],
): Name {
  const swapped = permutation[0] > permutation[1];
  const turned = swapped ? builder.node('Transpose', [name], { perm: { ints: [0, 1, 3, 2] } }) : name;
  const matrix = builder.node('Reshape', [turned, builder.integers([shape[0] * shape[1], shape[2] * shape[3]])]);
  const placesLast = builder.node('Transpose', [matrix], { perm: { ints: [1, 0] } });
  return builder.node('Reshape', [placesLast, builder.integers(dims ?? permutation.map((axis) => shape[axis]))]);
}

/** A tensor with its axes in another order: axis i of the result is axis permutation[i] of the tensor. */
export function transpose({ shape, data }: Tensor, permutation: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const dims = permutation.map((axis) => shape[axis]);
  const steps = permutation.map((axis) => strides[axis]);
  const result = new Float32Array(data.length);
  const index = dims.map(() => 0);
  for (let to = 0, from = 0; to < result.length; to++) {
    result[to] = data[from];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < dims[axis]) break;
      from -= steps[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return { shape: dims, data: result };
}

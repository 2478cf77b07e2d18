/** A network of an ONNX file as a layer: its nodes as the file has them, between a tensor of ours and another. */
import type { OnnxLayer, Shape } from '../../../model/graph.js';
import { programOf } from '../../../model/onnx/program.js';
import type { Name } from '../builder.js';
import { extentIn } from '../block.js';
import { refuseParts } from '../foreign-model.js';
import { dataTypes } from '../model-file.js';
import { BATCH, type Extent } from '../value-info.js';
import { type Applied, inOrder, type Scope, type Value } from './rule.js';

export function applyOnnx(scope: Scope, layer: OnnxLayer, [input]: readonly Value[]): Applied {
  const made = applyNetwork(scope, layer, input);
  const { graph } = scope;
  return {
    output: valueOf(graph, made, layer),
    backward: () => {
      throw new Error(`${layer.name} is never trained`);
    },
  };
}

/** What a model with nothing before this network declares of its images, [N, height, width, 3]: what the file knows. */
export function imageExtents({ takes, ...layer }: OnnxLayer, [height, width, channels]: Shape): Extent[] {
  const program = programOf(layer);
  const dims = program.inputs[0]?.dims ?? [];
  const [rows = BATCH] = dims;
  const sides = takes.layout === 'NCHW' ? dims.slice(2) : dims.slice(1, 3);
  const asKnown = (extent: number, side: Extent = extent) =>
    typeof side === 'number' ? extent : extentIn(program, side);
  return [rows === null ? null : BATCH, asKnown(height, sides[0]), asKnown(width, sides[1]), channels];
}

/** The value that the file's network gives, as the file gives it. */
export function applyNetwork(
  { graph, weights }: Pick<Scope, 'graph' | 'weights'>,
  { takes, gives, tensors, ...layer }: OnnxLayer,
  input: Value,
): Name {
  // First the cast: next to the casts that onnxruntime adds to compute in float32, it would vanish with its rounding.
  const cast =
    takes.type === 'float32' ? input.name : graph.node('Cast', [input.name], { to: { int: dataTypes[takes.type] } });
  const x = inOrder(graph, { ...input, name: cast }, takes.layout === 'NCHW' ? 'first' : 'last').name;
  const constants = tensors.map(({ type }, place) => weights.typed(`${place}`, type));
  const program = programOf(layer);
  // Someone else may have written the cache, and the layer in it.
  refuseParts(program, layer.name);
  return graph.block(x, constants, {
    program,
    input: takes.name,
    output: gives.name,
    constants: tensors.map(({ name }) => name),
  });
}

/** The output in float32 with Keras's shape. Each cast is last for the reason of the first one. */
function valueOf(graph: Scope['graph'], output: string, { gives, shape }: OnnxLayer): Value {
  const widened = (name: string): string =>
    gives.type === 'float32' ? name : graph.node('Cast', [name], { to: { int: dataTypes.float32 } });
  const last = (name: string): Value => ({ name: widened(name), shape, order: 'last' });
  switch (gives.as) {
    case 'vector':
      return last(graph.node('Flatten', [output], { axis: { int: 1 } }));
    case 'NCHW':
      return {
        name: widened(mapsOf(graph, output, gives.type, [shape[2], shape[0], shape[1]])),
        shape,
        order: 'first',
      };
    case 'NHWC':
      return last(mapsOf(graph, output, gives.type, shape));
    case 'first token':
      return last(
        graph.node('Flatten', [graph.node('Gather', [output, graph.integers([0])], { axis: { int: 1 } })], {
          axis: { int: 1 },
        }),
      );
    case 'mean of tokens': {
      // ReduceMean takes its axes in another way from operator set 18 on.
      const channelsFirst = widened(graph.node('Transpose', [output], { perm: { ints: [0, 2, 1] } }));
      const mean = graph.node('GlobalAveragePool', [channelsFirst]);
      return { name: graph.node('Flatten', [mean], { axis: { int: 1 } }), shape, order: 'last' };
    }
    case 'all tokens':
      return last(reshaped(graph, output, shape));
  }
}

/** Maps as they are; half floats with a node in between, so that their cast does not meet one of onnxruntime's. */
function mapsOf(graph: Scope['graph'], output: string, type: OnnxLayer['gives']['type'], shape: Shape): Name {
  return type === 'float32' ? output : reshaped(graph, output, shape);
}

/** Zero copies the extent: the batch's. */
function reshaped(graph: Scope['graph'], value: Name, shape: Shape): Name {
  return graph.node('Reshape', [value, graph.integers([0, ...shape])]);
}

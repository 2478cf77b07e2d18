/** A network of an ONNX file as a layer: its nodes as the file has them, between a tensor of ours and another. */
import type { OnnxLayer } from '../../../model/graph.js';
import { programOf } from '../../../model/onnx/program.js';
import type { Name } from '../builder.js';
import { refuseParts } from '../foreign-model.js';
import { dataTypes } from '../model-file.js';
import { type Applied, inOrder, type Scope, type Value } from './rule.js';

export function applyOnnx(scope: Scope, layer: OnnxLayer, [input]: readonly Value[]): Applied {
  const made = applyNetwork(scope, layer, input);
  const { graph } = scope;
  const output = layer.gives.type === 'float32' ? made : graph.node('Cast', [made], { to: { int: dataTypes.float32 } });
  return {
    output: valueOf(graph, output, layer),
    backward: () => {
      throw new Error(`${layer.name} is never trained`);
    },
  };
}

/** The value that the file's network gives, as the file gives it. */
export function applyNetwork(
  { graph, weights }: Pick<Scope, 'graph' | 'weights'>,
  { takes, gives, tensors, ...layer }: OnnxLayer,
  input: Value,
): Name {
  const arranged = inOrder(graph, input, takes.layout === 'NCHW' ? 'first' : 'last').name;
  const x =
    takes.type === 'float32' ? arranged : graph.node('Cast', [arranged], { to: { int: dataTypes[takes.type] } });
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

/** The output with Keras's shape. */
function valueOf(graph: Scope['graph'], output: string, { gives, shape }: OnnxLayer): Value {
  const last = (name: string): Value => ({ name, shape, order: 'last' });
  switch (gives.as) {
    case 'vector':
      return last(graph.node('Flatten', [output], { axis: { int: 1 } }));
    case 'NCHW':
      return { name: output, shape, order: 'first' };
    case 'NHWC':
      return last(output);
    case 'first token':
      return last(
        graph.node('Flatten', [graph.node('Gather', [output, graph.integers([0])], { axis: { int: 1 } })], {
          axis: { int: 1 },
        }),
      );
    case 'mean of tokens': {
      // ReduceMean takes its axes in another way from operator set 18 on.
      const channelsFirst = graph.node('Transpose', [output], { perm: { ints: [0, 2, 1] } });
      return last(graph.node('Flatten', [graph.node('GlobalAveragePool', [channelsFirst])], { axis: { int: 1 } }));
    }
    case 'all tokens':
      // Zero copies the extent: the batch's.
      return last(graph.node('Reshape', [output, graph.integers([0, ...shape])]));
  }
}

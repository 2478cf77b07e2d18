/** The nodes of an ONNX file, as `summary` shows them. */
import { nodesFor, readModelProto, type OnnxModel, type OnnxPort } from '../../model/onnx/model-proto.js';
import { valuesOf } from '../../model/onnx/protobuf-values.js';
import type { Network, NetworkLayer } from './network.js';

/** Bytes of the types that weights have; TensorProto.DataType. Shapes and indices are of other types. */
const weightBytes: Readonly<Record<number, number>> = { 1: 4, 2: 1, 3: 1, 10: 2, 11: 8, 16: 2 };

/** Throws a RangeError where the bytes are not an ONNX file. */
export function onnxNetwork(file: Uint8Array, name: string): Network {
  const model = readModelProto(file);
  const ports = new Map<string, OnnxPort>([
    ...model.values,
    ...model.outputs.map((port) => [port.name, port] as const),
  ]);
  const sizes = initializerSizes(model);
  const total = { parameters: 0, bytes: 0 };
  const makers = new Map<string, string>();
  const layers: NetworkLayer[] = model.inputs.map((port) => ({
    name: port.name,
    type: 'Input',
    output_shape: port.dims ?? null,
    parameters: 0,
    trainable: null,
    inputs: [],
  }));
  const last = model.outputs.length === 1 ? model.outputs[0].name : undefined;
  // With one output, in the order of computation and without what nothing needs.
  for (const node of last === undefined ? model.nodes : nodesFor(model, last)) {
    let parameters = 0;
    for (const input of node.inputs) {
      const size = sizes.get(input);
      if (size === undefined) continue;
      // A tensor that several nodes read counts once.
      sizes.delete(input);
      parameters += size.parameters;
      total.parameters += size.parameters;
      total.bytes += size.bytes;
    }
    const output = node.outputs.find((one) => one !== '') ?? '';
    const called = node.name === '' ? output : node.name;
    for (const one of node.outputs) makers.set(one, called);
    layers.push({
      name: called,
      type: node.op,
      output_shape: ports.get(output)?.dims ?? null,
      parameters,
      trainable: null,
      inputs: node.inputs
        .filter((input) => input !== '' && !model.initializers.has(input))
        .map((input) => makers.get(input) ?? input),
    });
  }
  return { name, layers, total };
}

function initializerSizes({ initializers }: OnnxModel): Map<string, { parameters: number; bytes: number }> {
  const sizes = new Map<string, { parameters: number; bytes: number }>();
  for (const [name, tensor] of initializers) {
    // TensorProto: dims (1), data_type (2).
    const each = weightBytes[valuesOf(tensor, 2).at(-1) ?? 0];
    if (each === undefined) continue;
    const parameters = valuesOf(tensor, 1).reduce((product, extent) => product * extent, 1);
    sizes.set(name, { parameters, bytes: parameters * each });
  }
  return sizes;
}

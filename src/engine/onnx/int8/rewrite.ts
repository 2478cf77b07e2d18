/**
 * Writes a network with its values quantized and dequantized in place (QDQ): onnxruntime joins each operator and the
 * nodes around it into one on integers, and runtimes that cannot compute the same in float32.
 */
import { renamed } from '../block.js';
import { encodeInitializer, encodeNode, type Initializer } from '../model-file.js';
import { Message } from '../../../model/onnx/protobuf.js';
import type { OnnxNode } from '../../../model/onnx/model-proto.js';
import { correctedBias, int32Bias, int8Kernel, leastScales } from './kernel.js';
import { type FloatNetwork, type Int8Values, type WeightedLayer } from './network.js';
import type { Calibrated, Steps } from './ranges.js';

/**
 * The largest weight level where products of many inputs are added up: processors without VNNI add two of them in
 * 16 bits, where 2 * 255 * 127 does not fit, but 2 * 255 * 63 does. So all processors compute the same sums.
 */
const SUMMED_LEVELS = 63;

/** The same in depthwise convolutions, which are computed in 32 bits everywhere. */
const DEPTHWISE_LEVELS = 127;

/** From this version on, the standard DequantizeLinear takes a scale per channel. Files of older ones use onnxruntime's own. */
const PER_CHANNEL_OPSET = 13;
const OWN_DOMAIN = 'com.microsoft';

export interface WrittenFile {
  readonly bytes: Uint8Array;
  readonly outputs: readonly string[];
}

/** The network on integers. */
export function int8File(
  network: FloatNetwork,
  values: Int8Values,
  steps: ReadonlyMap<string, Calibrated>,
): WrittenFile {
  const file = new FileWriter(network);
  const { nodes, input, output } = network;
  const layers = new Map(values.layers.map((layer) => [layer.node, layer]));
  const joined = new Set(values.layers.flatMap(({ folded, activation }) => [folded, activation?.node]));
  const readsIntegers = (node: OnnxNode) => layers.has(node) || values.passing.has(node);
  const integersOf = (name: string) => (values.names.has(name) ? dequantized(name) : name);
  // Between an integer operator and its steps nothing else may read: what computes in float32 reads the steps too.
  const readAs = (node: OnnxNode, name: string) =>
    values.made.has(name) || readsIntegers(node) ? integersOf(name) : name;
  const quantize = (name: string) => {
    if (values.names.has(name)) file.quantize(name, steps.get(name)!);
  };
  quantize(input.name);
  for (const node of nodes) {
    if (joined.has(node)) continue;
    const layer = layers.get(node);
    if (layer === undefined) file.copy(node, (name) => readAs(node, name));
    else file.layer(layer, integersOf(layer.input), steps.get(layer.input)!);
    for (const name of layer === undefined ? node.outputs : [layer.output]) quantize(name);
  }
  const last = values.made.has(output) ? dequantized(output) : output;
  return file.finish([last]);
}

/** The network in float32 that gives out some of its values. */
export function observedFile(network: FloatNetwork, names: readonly string[]): WrittenFile {
  const file = new FileWriter(network);
  for (const node of network.nodes) file.copy(node, (name) => name);
  return file.finish(names);
}

/**
 * The network in float32, with each layer a second time on integers that are made of what it reads in float32. The
 * outputs are those of the layers, each before its second one.
 */
export function sideBySideFile(
  network: FloatNetwork,
  layers: readonly WeightedLayer[],
  steps: ReadonlyMap<string, Calibrated>,
): WrittenFile {
  const file = new FileWriter(network);
  for (const node of network.nodes) file.copy(node, (name) => name);
  const outputs: string[] = [];
  for (const layer of layers) {
    file.quantize(layer.input, steps.get(layer.input)!);
    const made = file.layer(layer, dequantized(layer.input), steps.get(layer.input)!, ':int8');
    if (layer.kind === 'convolution') file.quantize(made, steps.get(layer.output)!);
    outputs.push(layer.output, layer.kind === 'convolution' ? dequantized(made) : made);
  }
  return file.finish(outputs);
}

function dequantized(name: string): string {
  return `${name}:steps`;
}

class FileWriter {
  private readonly nodes: Message[] = [];
  private readonly initializers = new Map<string, Message>();
  private readonly quantized = new Set<string>();
  private readonly domain: string;

  constructor(private readonly network: FloatNetwork) {
    const { model } = network;
    this.domain = (model.opsets.get('') ?? 0) < PER_CHANNEL_OPSET ? OWN_DOMAIN : '';
  }

  /** A node as it is, but for the names of what it reads. */
  copy({ bytes }: OnnxNode, read: (name: string) => string): void {
    // NodeProto: input (1).
    this.nodes.push(renamed(bytes, (field, text) => (field === 1 ? read(text) : undefined)));
  }

  /** A node of one output with other inputs, perhaps more than it had, and another name for what it makes. */
  private copyWith(node: OnnxNode, inputs: readonly string[], output: string): void {
    let place = 0;
    // NodeProto: input (1), output (2), name (3).
    const message = renamed(node.bytes, (field, text) => {
      if (field === 1) return inputs[place++] ?? text;
      return field === 2 || field === 3 ? output : undefined;
    });
    for (const more of inputs.slice(place)) message.text(1, more);
    this.nodes.push(message);
  }

  /** Makes integers of a value, and numbers of these. */
  quantize(name: string, { scale, zeroPoint }: Steps): void {
    if (this.quantized.has(name)) return;
    this.quantized.add(name);
    const operands = this.stepsOf(name, { scale, zeroPoint });
    this.node('QuantizeLinear', [name, ...operands], `${name}:levels`);
    this.node('DequantizeLinear', [`${name}:levels`, ...operands], dequantized(name));
  }

  private stepsOf(name: string, { scale, zeroPoint }: Steps): string[] {
    return [
      this.constant({ name: `${name}:scale`, dims: [], data: Float32Array.of(scale) }),
      this.constant({ name: `${name}:zero`, dims: [], data: Uint8Array.of(zeroPoint) }),
    ];
  }

  /** A layer whose weights are integers, with its activation; returns the name of what it makes. */
  layer(layer: WeightedLayer, input: string, steps: Calibrated, suffix = ''): string {
    const { node, activation, weight, kind, depthwise } = layer;
    const { scale, means } = steps;
    const made = `${layer.sum}${suffix}`;
    const options = {
      axis: weight.axis,
      most: depthwise ? DEPTHWISE_LEVELS : SUMMED_LEVELS,
      least: layer.bias && leastScales(layer.bias.data, scale),
    };
    const kernel = int8Kernel(weight.tensor, options);
    const operands = [this.perChannel(`${made}:kernel`, weight.tensor.shape, kernel, weight.axis)];
    const bias =
      kind === 'product' || means === undefined
        ? layer.bias?.data
        : correctedBias(weight.tensor, kernel, means, layer.bias?.data);
    if (bias !== undefined)
      operands.push(this.perChannel(`${made}:bias`, [bias.length], int32Bias(bias, kernel, scale), 0));
    if (kind === 'product') return this.product(layer, input, steps, operands, made);
    this.copyWith(node, [input, ...operands], made);
    if (activation === undefined) return made;
    this.copyWith(activation.node, [made], `${layer.output}${suffix}`);
    return `${layer.output}${suffix}`;
  }

  /** A product that adds its bias itself is a Gemm, which takes matrices only: other values become rows for it. */
  private product(
    { node, input, weight }: WeightedLayer,
    read: string,
    steps: Steps,
    [kernel, bias]: readonly string[],
    output: string,
  ): string {
    if (bias === undefined) this.node('MatMul', [read, kernel], output);
    else if (node.op === 'Gemm') this.node('Gemm', [read, kernel, bias], output);
    else {
      const [inputs, units] = weight.tensor.shape;
      this.node('Gemm', [this.rows(input, inputs, steps), kernel, bias], `${output}:rows`);
      const axes = [`${input}:axes`, this.integer(`${output}:units`, units)];
      this.node('Concat', axes, `${output}:shape`, { axis: { int: 0 } });
      this.node('Reshape', [`${output}:rows`, `${output}:shape`], output);
    }
    return output;
  }

  /** The integers of a value as rows of a matrix; the axes before its last one are a value of their own. */
  private rows(name: string, columns: number, steps: Steps): string {
    const rows = `${name}:rows`;
    if (this.quantized.has(rows)) return dequantized(rows);
    this.quantized.add(rows);
    const shape = this.constant({ name: `${rows}:shape`, dims: [2], data: BigInt64Array.of(-1n, BigInt(columns)) });
    this.node('Reshape', [`${name}:levels`, shape], `${rows}:levels`);
    this.node('DequantizeLinear', [`${rows}:levels`, ...this.stepsOf(name, steps)], dequantized(rows));
    this.node('Shape', [`${name}:levels`], `${name}:shape`);
    const ends = [this.integer(`${name}:first`, 0), this.integer(`${name}:last`, -1)];
    this.node('Slice', [`${name}:shape`, ...ends], `${name}:axes`);
    return dequantized(rows);
  }

  private integer(name: string, value: number): string {
    return this.constant({ name, dims: [1], data: BigInt64Array.of(BigInt(value)) });
  }

  private perChannel(
    name: string,
    dims: readonly number[],
    { levels, scales }: { readonly levels: Int8Array | Int32Array; readonly scales: Float32Array },
    axis: number,
  ): string {
    const zeros = levels instanceof Int8Array ? new Int8Array(scales.length) : new Int32Array(scales.length);
    const operands = [
      this.constant({ name, dims, data: levels }),
      this.constant({ name: `${name}:scales`, dims: [scales.length], data: scales }),
      this.constant({ name: `${name}:zeros`, dims: [scales.length], data: zeros }),
    ];
    this.node('DequantizeLinear', operands, dequantized(name), { axis: { int: axis } });
    return dequantized(name);
  }

  private node(op: string, inputs: readonly string[], output: string, attributes = {}): void {
    const message = encodeNode({ op, inputs, output, attributes });
    const isOwn = op === 'QuantizeLinear' || op === 'DequantizeLinear';
    this.nodes.push(isOwn && this.domain !== '' ? message.text(7, this.domain) : message);
  }

  private constant(initializer: Initializer): string {
    this.initializers.set(initializer.name, encodeInitializer(initializer));
    return initializer.name;
  }

  /** The file, with the constants that its nodes may read. */
  finish(outputs: readonly string[]): WrittenFile {
    const { model, input } = this.network;
    const graph = new Message();
    for (const node of this.nodes) graph.message(1, node);
    graph.text(2, 'base');
    for (const [name, tensor] of model.initializers) if (!this.initializers.has(name)) graph.bytes(5, tensor);
    for (const tensor of this.initializers.values()) graph.message(5, tensor);
    graph.bytes(11, input.bytes);
    for (const name of outputs) graph.message(12, new Message().text(1, name));
    const file = new Message().int(1, model.irVersion).message(7, graph);
    const opsets = new Map([...(this.domain === '' ? [] : [[this.domain, 1] as const]), ...model.opsets]);
    for (const [domain, version] of opsets) file.message(8, new Message().text(1, domain).int(2, version));
    return { bytes: file.toBytes(), outputs };
  }
}

/**
 * Reads a network from the topology of a TF.js layers-model or a Keras file: Keras's JSON, of a functional or
 * sequential model, in Keras 2's form or Keras 3's. One input, one output, every layer used once, and layers that we
 * know: anything else is refused by name.
 */
import { isRecord } from '../../core/is-record.js';
import type { Graph, Layer } from '../graph.js';
import { badModel, LayerConfig, list, record, show } from './config.js';
import { inputLayer, knownClasses, readLayer } from './layers.js';

const sequential = 'Sequential';
const functional = new Set(['Model', 'Functional']);

/** A layer as the model lists it, which need not be the order that it is computed in. */
export interface ListedLayer {
  readonly name: string;
  readonly className: string;
}

/** The graph of a topology, its layers in topological order. Throws `bad-data`; `where` names the file. */
export function readTopology(topology: unknown, where: string): Graph {
  const { class_name: className, config } = modelOf(topology, where);
  if (className === sequential) return readSequential(config, where);
  if (typeof className === 'string' && functional.has(className)) return readFunctional(record(config, where, 'config'), where);
  throw badModel(where, `the model's class is ${show(className)}`, [...functional, sequential].join(', '));
}

/** The layers of a model in the order of its list, also those that its output does not need. */
export function listedLayers(topology: unknown, where: string): ListedLayer[] {
  const { config } = modelOf(topology, where);
  const layers = isRecord(config) ? config['layers'] : config;
  return list(layers, where, 'the list of layers').map((entry) => {
    const { name, layer } = described(entry, where);
    return { name, className: String(layer['class_name']) };
  });
}

/** Keras's converter nests the model one level deeper than TF.js does. */
function modelOf(topology: unknown, where: string): Record<string, unknown> {
  const outer = record(topology, where, 'modelTopology');
  return record(outer['model_config'] ?? outer, where, 'the model');
}

function readFunctional(config: Record<string, unknown>, where: string): Graph {
  const [input] = single(config['input_layers'], where, 'input');
  const [output] = single(config['output_layers'], where, 'output');
  const layers = list(config['layers'], where, 'the list of layers').map((entry) => {
    const { name, layer } = described(entry, where);
    return readOne(layer, name, sourcesOf(layer['inbound_nodes'], `layer ${name}`));
  });
  const graph = { name: nameOf(config), layers: ordered(layers, output, where) };
  const inputs = graph.layers.filter(({ kind }) => kind === 'input');
  if (inputs.length !== 1 || inputs[0].name !== input) {
    const found = `the output is computed from the inputs ${inputs.map(({ name }) => name).join(', ')}`;
    throw badModel(where, found, `from ${input} alone`);
  }
  return graph;
}

/** Layers one after another. Old files list them without a name for the model; the input's shape may lie on the first layer. */
function readSequential(config: unknown, where: string): Graph {
  const fields = isRecord(config) ? config : { layers: config };
  const layers: Layer[] = [];
  for (const entry of list(fields['layers'], where, 'the list of layers')) {
    const { name, layer } = described(entry, where);
    if (layers.length === 0 && layer['class_name'] !== 'InputLayer') {
      const first = new LayerConfig(`layer ${name}`, record(layer['config'], where, `config of ${name}`));
      layers.push(inputLayer(first, { name: `${name}_input`, inputs: [], trainable: true }));
    }
    layers.push(readOne(layer, name, layers.slice(-1).map((previous) => previous.name)));
  }
  if (layers.length === 0) throw badModel(where, 'the model has no layers');
  return { name: nameOf(fields), layers: ordered(layers, layers[layers.length - 1].name, where) };
}

function nameOf(config: Record<string, unknown>): string {
  return typeof config['name'] === 'string' ? config['name'] : 'model';
}

/** A layer's entry and its name, which stands beside the config in functional models and inside it everywhere. */
function described(entry: unknown, where: string): { name: string; layer: Record<string, unknown> } {
  const layer = record(entry, where, 'a layer');
  const name = layer['name'] ?? record(layer['config'], where, 'the config of a layer')['name'];
  if (typeof name !== 'string' || name === '') throw badModel(where, `the name of a layer is ${show(name)}`, 'a text');
  // Names of weights are `layer/role`: a slash in the layer's name would make them ambiguous.
  if (name.includes('/')) throw badModel(`layer ${name}`, 'the name holds a slash', 'a name without one');
  return { name, layer };
}

function readOne(entry: Record<string, unknown>, name: string, inputs: readonly string[]): Layer {
  const where = `layer ${name}`;
  const config = new LayerConfig(where, record(entry['config'], where, 'config'));
  const className = String(entry['class_name']);
  refuseCode(entry, className, where);
  const layer = readLayer(className, config, { name, inputs, trainable: config.boolean('trainable', true) });
  if (layer === undefined) throw badModel(where, `a layer of the class ${className}`, `one of ${knownClasses().join(', ')}`);
  const [least, most] = layer.kind === 'input' ? [0, 0] : layer.kind === 'add' ? [2, Infinity] : [1, 1];
  if (inputs.length < least || inputs.length > most) {
    const expected = least === most ? `${least}` : `at least ${least}`;
    throw badModel(where, `a layer of the class ${className} reads ${inputs.length} layers`, expected);
  }
  return layer;
}

/** Keras 3 says where a class comes from: others than its own may share a name with one of them. */
function refuseCode({ module }: Record<string, unknown>, className: string, where: string): void {
  const foreign = typeof module === 'string' && !/^(tf_)?keras(\.|$)/.test(module);
  if (!foreign && className !== 'Lambda') return;
  const found = foreign ? `a layer of the class ${className} from ${module}` : 'a layer of the class Lambda, which is code';
  throw badModel(where, found, 'layers of Keras\'s own: code in a file is not run');
}

/** The one entry of `input_layers` or `output_layers`: [[name, 0, 0]], or without the outer list. */
function single(value: unknown, where: string, what: string): [string] {
  const outer = list(value, where, `the list of ${what}s`);
  const entries = typeof outer[0] === 'string' ? [outer] : outer;
  if (entries.length !== 1) throw badModel(where, `the model has ${entries.length} ${what}s`, `one ${what}`);
  return [tensorName(entries[0], where)];
}

/**
 * Names of the layers that a layer reads. Keras 2 writes [[[name, node, tensor, kwargs], ...]], newer releases without the
 * innermost list where there is one input; Keras 3 writes [{args, kwargs}] with the tensors somewhere in args.
 */
function sourcesOf(value: unknown, where: string): string[] {
  const nodes = list(value ?? [], where, 'inbound_nodes');
  if (nodes.length > 1) throw badModel(where, `the layer is used ${nodes.length} times`, 'every layer is used once');
  const [node] = nodes;
  if (node === undefined) return [];
  if (isRecord(node)) {
    refuseArguments(node['kwargs'], where);
    return histories(node['args']).map((history) => tensorName(history, where));
  }
  const tensors = list(node, where, 'inbound_nodes');
  return (typeof tensors[0] === 'string' ? [tensors] : tensors).map((tensor) => tensorName(tensor, where));
}

/** Every `keras_history` in the arguments of a call, in order. */
function histories(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(histories);
  if (!isRecord(value)) return [];
  return 'keras_history' in value ? [value['keras_history']] : Object.values(value).flatMap(histories);
}

function tensorName(value: unknown, where: string): string {
  const [name, node, tensor, call] = list(value, where, 'a reference to a layer');
  if (typeof name !== 'string' || node !== 0 || tensor !== 0) {
    throw badModel(where, `it reads ${show(value)}`, 'the only output of a layer that is used once');
  }
  refuseArguments(call, where);
  return name;
}

/** Keras 3 writes `training: false` beside layers that differ in training, also where nobody asked for it. */
function refuseArguments(call: unknown, where: string): void {
  const isUsual = (key: string, value: unknown) => value === null || (key === 'training' && value === false);
  const argument = isRecord(call) ? Object.keys(call).find((key) => !isUsual(key, call[key])) : undefined;
  if (argument !== undefined) throw badModel(where, `it is called with ${argument}`, 'a call without arguments');
}

/** The layers that the output needs, each after those that it reads (Kahn's algorithm). */
function ordered(layers: readonly Layer[], output: string, where: string): Layer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  if (byName.size !== layers.length) throw badModel(where, 'two layers have the same name');
  const needed = new Set([output]);
  for (const name of needed) {
    const layer = byName.get(name);
    if (layer === undefined) throw badModel(where, `the layer ${name} is read but not described`);
    for (const input of layer.inputs) needed.add(input);
  }
  const kept = layers.filter(({ name }) => needed.has(name));
  const readers = new Map<string, Layer[]>(kept.map(({ name }) => [name, []]));
  const waiting = new Map(kept.map(({ name, inputs }) => [name, new Set(inputs).size]));
  for (const layer of kept) new Set(layer.inputs).forEach((input) => readers.get(input)!.push(layer));

  const order = kept.filter(({ inputs }) => inputs.length === 0);
  for (const { name } of order) {
    for (const reader of readers.get(name)!) {
      const left = waiting.get(reader.name)! - 1;
      waiting.set(reader.name, left);
      if (left === 0) order.push(reader);
    }
  }
  if (order.length !== kept.length) throw badModel(where, 'layers read each other in a circle');
  return order;
}

/**
 * Reads a network from the topology of a TF.js layers-model or a Keras file: Keras's JSON, of a functional or
 * sequential model, in Keras 2's form or Keras 3's, models inside models among them. One input, one output, every layer
 * used once, and layers that we know: anything else is refused by name.
 */
import { isRecord } from '../../core/is-record.js';
import type { Graph, Layer } from '../graph.js';
import { refuseOversized } from '../limits.js';
import { topOf } from '../split.js';
import type { Tensor, Weights } from '../tensor.js';
import { normalizationConstants } from './arrange.js';
import { badModel, LayerConfig, record } from './config.js';
import { fittedLayers } from './fitting.js';
import { knownClasses, readLayer } from './layers.js';
import { followed, ordered } from './order.js';
import { operationOf, readOperation } from './operations.js';
import { outlineOf, type OutlinedLayer } from './outline.js';

/** A network, and where the file that it came from keeps the weights of its layers. */
export interface Network {
  readonly graph: Graph;
  /** By the layers' names in the network, those of a top that is left out among them. */
  readonly places: ReadonlyMap<string, Pick<OutlinedLayer, 'place' | 'group'>>;
  /** Weights that the topology holds itself. */
  readonly constants: Weights;
  /** Layers that were left out, because they let images pass outside training. */
  readonly passed: readonly string[];
}

export interface ReadOptions {
  /** Leaves out the classifier, from where the output is flattened or pooled away; its layers need not be known. */
  readonly withoutTop?: boolean;
}

/** Layers that end the part of a network that gives maps of features. */
const endsMaps: ReadonlySet<string> = new Set(['Flatten', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D']);

/** Layers of Keras that vary images in training and let them pass otherwise, each of the shape that it gets. */
const passesImages: ReadonlySet<string> = new Set([
  'RandomBrightness',
  'RandomColorDegeneration',
  'RandomColorJitter',
  'RandomContrast',
  'RandomElasticTransform',
  'RandomErasing',
  'RandomFlip',
  'RandomGaussianBlur',
  'RandomGrayscale',
  'RandomHue',
  'RandomInvert',
  'RandomPerspective',
  'RandomPosterization',
  'RandomRotation',
  'RandomSaturation',
  'RandomSharpness',
  'RandomShear',
  'RandomTranslation',
  'RandomZoom',
]);

/** The graph of a topology, its layers in topological order. Throws `bad-data`; `where` names the file. */
export function readTopology(topology: unknown, where: string): Graph {
  return readNetwork(topology, where).graph;
}

/** As {@link readTopology}, with what finds the weights. */
export function readNetwork(topology: unknown, where: string, { withoutTop = false }: ReadOptions = {}): Network {
  const outline = outlineOf(topology, where);
  const whole = ordered(outline.layers, outline.output, where);
  requireOneInput(whole, where);
  const needed = withoutTop
    ? whole.slice(
        0,
        topOf(whole, ({ className }) => endsMaps.has(className)),
      )
    : whole;
  const passed = new Map(needed.filter(letsPass).map(({ name, inputs: [from] }) => [name, from]));
  const kept = needed.filter(({ name }) => !passed.has(name));
  const found = followed(passed, where);
  const layers = kept.flatMap((layer) => readOne(layer, layer.inputs.map(found)));
  refuseSameNames(layers, where);
  if (found(needed[needed.length - 1].name) !== layers[layers.length - 1].name)
    throw badModel(where, 'its output is not that of its last layer');
  const fitted = fittedLayers({ name: outline.name, layers }, new Map(kept.flatMap(groupsOf)));
  const graph = { name: outline.name, layers: fitted };
  refuseOversized(graph, where);
  return {
    graph,
    places: new Map(outline.layers.map((layer) => [layer.name, layer])),
    constants: new Map(kept.flatMap(constantsOf)),
    passed: [...passed.keys()],
  };
}

/** The groups of a convolution that has several. */
function groupsOf({ name, className, entry }: OutlinedLayer): [string, number][] {
  const { config } = entry;
  const groups = className === 'Conv2D' && isRecord(config) ? config['groups'] : undefined;
  return typeof groups === 'number' && groups > 1 ? [[name, groups]] : [];
}

/** Parts of a layer have names of their own. */
function refuseSameNames(layers: readonly Layer[], where: string): void {
  const names = new Set(layers.map(({ name }) => name));
  if (names.size < layers.length) throw badModel(where, 'two layers have the same name, or one has that of a part');
}

/** A Normalization layer whose numbers were given to it has them in its config, one that was adapted as weights. */
function constantsOf({ name, className, entry }: OutlinedLayer): [string, Tensor][] {
  if (className !== 'Normalization') return [];
  const where = `layer ${name}`;
  const config = new LayerConfig(where, record(entry['config'], where, 'config'));
  const [mean, variance] = [config.numbers('mean'), config.numbers('variance')];
  if (mean === undefined && variance === undefined) return [];
  if (mean === undefined || variance?.length !== mean.length) throw config.wrong('variance', 'as many numbers as mean');
  return normalizationConstants({ name }, mean, variance);
}

function requireOneInput(layers: readonly OutlinedLayer[], where: string): void {
  const inputs = layers.filter(({ inputs }) => inputs.length === 0).map(({ name }) => name);
  if (inputs.length !== 1)
    throw badModel(where, `the output is computed from the inputs ${inputs.slice(0, 10).join(', ')}`, 'one input');
}

/** Whether a layer only varies images in training; how it is called is then no matter. */
function letsPass({ className, inputs, entry }: OutlinedLayer): boolean {
  return (passesImages.has(className) || dropsBlocks(className, entry)) && inputs.length === 1 && !isForeign(entry);
}

/** Whether a layer drops whole blocks of a network, image by image (stochastic depth). Bases are used without that. */
function dropsBlocks(className: string, { config }: Readonly<Record<string, unknown>>): boolean {
  if (className === 'StochasticDepth') return true;
  const shape = isRecord(config) ? config['noise_shape'] : undefined;
  return (
    className === 'Dropout' && Array.isArray(shape) && shape.length > 1 && shape.slice(1).every((one) => one === 1)
  );
}

function readOne({ name, className, entry, refusal }: OutlinedLayer, inputs: readonly string[]): readonly Layer[] {
  const where = `layer ${name}`;
  const config = new LayerConfig(where, record(entry['config'], where, 'config'));
  refuseCode(entry, className, where);
  if (refusal !== undefined) throw refusal;
  const common = { name, inputs, trainable: config.boolean('trainable', true) };
  const operation = operationOf(entry);
  if (operation !== undefined) {
    const computed = readOperation(operation, entry, common);
    if (computed !== undefined) return [computed];
    throw badModel(where, `the operation ${className} of these operands`, 'a tensor with a number, or two tensors');
  }
  const layers = readLayer(className, config, common);
  if (layers === undefined)
    throw badModel(where, `a layer of the class ${className}`, `one of ${knownClasses().join(', ')}`);
  const [least, most] = inputsOf(className);
  if (inputs.length < least || inputs.length > most) {
    const expected = least === most ? `${least}` : `at least ${least}`;
    throw badModel(where, `a layer of the class ${className} reads ${inputs.length} layers`, expected);
  }
  return layers;
}

/** How many layers one of this class reads. */
function inputsOf(className: string): [least: number, most: number] {
  if (className === 'InputLayer') return [0, 0];
  if (className.endsWith('CustomScaleLayer')) return [2, 2];
  return ['Add', 'Multiply', 'Concatenate'].includes(className) ? [2, Infinity] : [1, 1];
}

/** Keras 3 says where a class comes from: others than its own may share a name with one of them. */
function isForeign({ module }: Readonly<Record<string, unknown>>): boolean {
  return typeof module === 'string' && !/^(tf_)?keras(\.|$)/.test(module);
}

function refuseCode(entry: Readonly<Record<string, unknown>>, className: string, where: string): void {
  const foreign = isForeign(entry);
  if (!foreign && className !== 'Lambda') return;
  const found = foreign
    ? `a layer of the class ${className} from ${String(entry['module'])}`
    : 'a layer of the class Lambda, which is code';
  throw badModel(where, found, "layers of Keras's own: code in a file is not run");
}

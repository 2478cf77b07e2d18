/**
 * Reads a network from the topology of a TF.js layers-model or a Keras file: Keras's JSON, of a functional or
 * sequential model, in Keras 2's form or Keras 3's, models inside models among them. One input, one output, every layer
 * used once, and layers that we know: anything else is refused by name.
 */
import type { Graph, Layer } from '../graph.js';
import { refuseOversized } from '../limits.js';
import { topOf } from '../split.js';
import { badModel, LayerConfig, record } from './config.js';
import { knownClasses, readLayer } from './layers.js';
import { followed, ordered } from './order.js';
import { outlineOf, type OutlinedLayer } from './outline.js';

/** A network, and where the file that it came from keeps the weights of its layers. */
export interface Network {
  readonly graph: Graph;
  /** By the layers' names in the network, those of a top that is left out among them. */
  readonly places: ReadonlyMap<string, Pick<OutlinedLayer, 'place' | 'group'>>;
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
  const layers = kept.map((layer) => readOne(layer, layer.inputs.map(found)));
  if (found(needed[needed.length - 1].name) !== layers[layers.length - 1].name)
    throw badModel(where, 'its output is not that of its last layer');
  const graph = { name: outline.name, layers };
  refuseOversized(graph, where);
  return { graph, places: new Map(outline.layers.map((layer) => [layer.name, layer])) };
}

function requireOneInput(layers: readonly OutlinedLayer[], where: string): void {
  const inputs = layers.filter(({ inputs }) => inputs.length === 0).map(({ name }) => name);
  if (inputs.length !== 1)
    throw badModel(where, `the output is computed from the inputs ${inputs.slice(0, 10).join(', ')}`, 'one input');
}

/** Whether a layer only varies images in training; how it is called is then no matter. */
function letsPass({ className, inputs, entry }: OutlinedLayer): boolean {
  return passesImages.has(className) && inputs.length === 1 && !isForeign(entry);
}

function readOne({ name, className, entry, refusal }: OutlinedLayer, inputs: readonly string[]): Layer {
  const where = `layer ${name}`;
  const config = new LayerConfig(where, record(entry['config'], where, 'config'));
  refuseCode(entry, className, where);
  if (refusal !== undefined) throw refusal;
  const layer = readLayer(className, config, { name, inputs, trainable: config.boolean('trainable', true) });
  if (layer === undefined)
    throw badModel(where, `a layer of the class ${className}`, `one of ${knownClasses().join(', ')}`);
  const [least, most] = layer.kind === 'input' ? [0, 0] : layer.kind === 'add' ? [2, Infinity] : [1, 1];
  if (inputs.length < least || inputs.length > most) {
    const expected = least === most ? `${least}` : `at least ${least}`;
    throw badModel(where, `a layer of the class ${className} reads ${inputs.length} layers`, expected);
  }
  return layer;
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

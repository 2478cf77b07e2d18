/**
 * What a topology lists, before any layer is understood: names, classes, and who reads whom. Models inside models are
 * unfolded, so a network is one list of layers, however it was put together.
 */
import { isRecord } from '../../core/is-record.js';
import type { PipelineError } from '../../core/problem.js';
import { snakeCase } from '../keras/snake-case.js';
import { followed, mostLayers } from './order.js';
import { badModel, list, record, show } from './config.js';
import { operationOf } from './operations.js';
import { singleOf, sourcesOf } from './references.js';

const sequential = 'Sequential';
const functional = new Set(['Model', 'Functional']);
/** Models in models: tutorials come to three. */
const deepestModel = 16;

export interface OutlinedLayer {
  /** Unique in the network: where an inner layer's name is taken, the names of its models come first. */
  readonly name: string;
  readonly className: string;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly inputs: readonly string[];
  /** Where a .keras file keeps its variables: `functional/layers/conv2d_1`. */
  readonly place: string;
  /** Where an .h5 file keeps its weights: under the layer of the outermost model, by the layer's own name. */
  readonly group: readonly [outer: string, own: string];
  /** What is wrong with how the layer is called. It matters only if the layer is needed. */
  readonly refusal?: PipelineError;
}

export interface Outline {
  readonly name: string;
  readonly layers: readonly OutlinedLayer[];
  readonly output: string;
}

/**
 * The layers of a topology, those of inner models in the place of the model. Throws `bad-data`; `where` names the file.
 */
export function outlineOf(topology: unknown, where: string): Outline {
  const outer = record(topology, where, 'modelTopology');
  // Keras's converter nests the model one level deeper than TF.js does.
  const model = record(outer['model_config'] ?? outer, where, 'the model');
  if (!isModel(model))
    throw badModel(where, `the model's class is ${show(model['class_name'])}`, [...functional, sequential].join(', '));
  return new Unfolding(where).whole(model);
}

function isModel({ class_name: className }: Readonly<Record<string, unknown>>): boolean {
  return className === sequential || (typeof className === 'string' && functional.has(className));
}

/** One layer or model of a model's list. */
interface Listed {
  readonly own: string;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly className: string;
  /** Its name in the whole network, or one that stands for another layer's. */
  readonly id: string;
  readonly place: string;
  readonly outer: string;
}

/**
 * Names of weights are `layer/role`, so a layer's name has no slash in the network. MobileNetV3 by Keras 2 has such names,
 * which Keras 3 writes with `_` too.
 */
export function withoutSlashes(name: string): string {
  return name.replaceAll('/', '_');
}

class Unfolding {
  private readonly layers: OutlinedLayer[] = [];
  private readonly taken = new Set<string>();
  /** Names that stand for others: an inner model for its output, its input for what it reads. */
  private readonly aliases = new Map<string, string>();

  constructor(private readonly where: string) {}

  whole(model: Readonly<Record<string, unknown>>): Outline {
    const output = this.model(model, undefined, undefined, 0);
    const found = followed(this.aliases, this.where);
    const layers = this.layers.map((layer): OutlinedLayer => ({ ...layer, inputs: layer.inputs.map(found) }));
    const { config } = model;
    const name = isRecord(config) && typeof config['name'] === 'string' ? config['name'] : 'model';
    return { name, layers, output: found(output) };
  }

  /** Unfolds a model that reads `feed`, or brings its own input if there is none, and returns its output. */
  private model(
    { class_name: className, config }: Readonly<Record<string, unknown>>,
    feed: string | undefined,
    parent: Listed | undefined,
    depth: number,
  ): string {
    if (depth > deepestModel) throw badModel(this.where, `models are nested more than ${deepestModel} levels deep`);
    if (className === sequential)
      return this.sequence(isRecord(config) ? config : { layers: config }, feed, parent, depth);
    return this.network(record(config, this.where, 'config'), feed, parent, depth);
  }

  private network(
    config: Readonly<Record<string, unknown>>,
    feed: string | undefined,
    parent: Listed | undefined,
    depth: number,
  ): string {
    const input = singleOf(config['input_layers'], this.where, 'input');
    const output = singleOf(config['output_layers'], this.where, 'output');
    const listed = this.listed(config['layers'], parent);
    const byOwn = new Map(listed.map((one) => [one.own, one]));
    if (byOwn.size !== listed.length) throw badModel(this.where, 'two layers have the same name');
    const idOf = (own: string): string => byOwn.get(own)?.id ?? own;
    const isInnerModel = (own: string): boolean => isModel(byOwn.get(own)?.entry ?? {});
    for (const one of listed) {
      const { inputs, refusal } = sourcesOf(
        one.entry['inbound_nodes'],
        `layer ${one.own}`,
        isInnerModel,
        operationOf(one.entry) !== undefined,
      );
      if (one.className === 'InputLayer' && feed !== undefined && one.own === input) this.aliases.set(one.id, feed);
      else if (!isModel(one.entry)) this.push(one, inputs.map(idOf), refusal);
      else if (refusal !== undefined) throw refusal;
      else if (inputs.length > 1)
        throw badModel(`layer ${one.own}`, `the inner model reads ${inputs.length} layers`, 'one');
      else this.aliases.set(one.id, this.model(one.entry, inputs.map(idOf)[0], one, depth + 1));
    }
    return idOf(output);
  }

  /**
   * Layers one after another. Old files list them without a name for the model; the input's shape may be on the first
   * layer.
   */
  private sequence(
    config: Readonly<Record<string, unknown>>,
    feed: string | undefined,
    parent: Listed | undefined,
    depth: number,
  ): string {
    let last = feed;
    for (const one of this.listed(config['layers'], parent)) {
      if (isModel(one.entry)) {
        last = this.model(one.entry, last, one, depth + 1);
        this.aliases.set(one.id, last);
      } else if (one.className === 'InputLayer' && last !== undefined) {
        this.aliases.set(one.id, last);
      } else {
        if (last === undefined && one.className !== 'InputLayer') last = this.pushInput(one, config);
        this.push(one, last === undefined ? [] : [last], undefined);
        last = one.id;
      }
    }
    if (last === undefined) throw badModel(this.where, 'the model has no layers');
    return last;
  }

  /** The input that the first layer of a sequential model describes, or the model for it. */
  private pushInput(first: Listed, { build_input_shape: built }: Readonly<Record<string, unknown>>): string {
    const config = record(first.entry['config'], `layer ${first.own}`, 'config');
    const own = `${first.own}_input`;
    const shape = config['batch_shape'] ?? config['batch_input_shape'] ?? built;
    const entry = { class_name: 'InputLayer', config: { batch_shape: shape } };
    const id = this.unique(own, undefined);
    this.push({ own, entry, className: 'InputLayer', id, place: own, outer: first.outer }, [], undefined);
    return id;
  }

  private push(
    { own, entry, className, id, place, outer }: Listed,
    inputs: readonly string[],
    refusal: PipelineError | undefined,
  ): void {
    this.layers.push({ name: id, className, entry, inputs, place, group: [outer, own], refusal });
  }

  /**
   * A model's list, each with a name of its own, and the place of its variables: the class, with a number from the
   * second on.
   */
  private listed(layers: unknown, parent: Listed | undefined): Listed[] {
    const counts = new Map<string, number>();
    const entries = list(layers, this.where, 'the list of layers');
    if (this.taken.size + entries.length > mostLayers) {
      throw badModel(
        this.where,
        `the model lists more than ${mostLayers.toLocaleString('en-US')} layers`,
        'a network that can be computed',
      );
    }
    return entries.map((value) => {
      const { own, entry } = this.described(value);
      const className = String(entry['class_name']);
      const snake = snakeCase(className);
      const count = counts.get(snake) ?? 0;
      counts.set(snake, count + 1);
      const inParent = count === 0 ? snake : `${snake}_${count}`;
      const place = parent === undefined ? inParent : `${parent.place}/layers/${inParent}`;
      return { own, entry, className, id: this.unique(own, parent), place, outer: parent?.outer ?? own };
    });
  }

  /** A layer's entry and its name, which is beside the config in functional models and inside it everywhere. */
  private described(value: unknown): { own: string; entry: Record<string, unknown> } {
    const entry = record(value, this.where, 'a layer');
    const name = entry['name'] ?? record(entry['config'], this.where, 'the config of a layer')['name'];
    if (typeof name !== 'string' || name === '')
      throw badModel(this.where, `the name of a layer is ${show(name)}`, 'a string');
    return { own: name, entry };
  }

  private unique(own: string, parent: Listed | undefined): string {
    let name = withoutSlashes(own);
    while (this.taken.has(name)) {
      if (parent === undefined) throw badModel(this.where, `two layers have the same name: ${own}`);
      name = `${parent.id}_${name}`;
    }
    this.taken.add(name);
    return name;
  }
}

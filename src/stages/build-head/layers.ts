/** Turns the head of a pipeline file into layers on top of a base. */
import { classifierOf, orderFaults } from '../../core/head-rules.js';
import { onlyMember, type Member } from '../../core/only-member.js';
import { PipelineError } from '../../core/problem.js';
import type { HeadLayer } from '../../core/schema-types.js';
import type { Multilabel } from '../../core/task.js';
import { outputOf, shapesOf, type Graph, type Layer, type Shape } from '../../model/graph.js';
import type { KernelInitializer } from '../../model/initializers.js';

export interface Head {
  /** The base with the head on top. */
  readonly graph: Graph;
  /** Names of the head's layers, with the initializer of their kernels. */
  readonly initializers: ReadonlyMap<string, KernelInitializer>;
}

type Named = { readonly name: string; readonly inputs: readonly string[]; readonly trainable: true };
type Built = { readonly layer: Layer; readonly initializer: KernelInitializer };

/** Classes that a head has to distinguish, and whether an image may have several of them. */
export interface Distinguished {
  readonly count: number;
  readonly task: Multilabel | undefined;
}

/** Appends the head. Throws `invalid` if a layer does not fit what comes before it. */
export function appendHead(base: Graph, config: readonly HeadLayer[], classes: Distinguished): Head {
  const layers = [...base.layers];
  const taken = new Set(layers.map(({ name }) => name));
  const initializers = new Map<string, KernelInitializer>();
  requireOrder(config, shapesOf(base).get(outputOf(base).name)!);
  for (const item of config) {
    const member = onlyMember(item);
    const common: Named = {
      name: freeName(member.kind, taken),
      inputs: [layers[layers.length - 1].name],
      trainable: true,
    };
    const { layer, initializer } = build(member, common, classes);
    taken.add(layer.name);
    initializers.set(layer.name, initializer);
    layers.push(layer);
  }
  return { graph: { name: base.name, layers }, initializers };
}

/** `head_dense`, `head_dense_2`, ...: names that no base has. */
function freeName(kind: string, taken: ReadonlySet<string>): string {
  const stem = `head_${kind}`;
  let name = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem}_${n}`;
  return name;
}

function build({ kind, settings }: Member<HeadLayer>, common: Named, classes: Distinguished): Built {
  const plain = (layer: Layer): Built => ({ layer, initializer: 'glorot_uniform' });
  switch (kind) {
    case 'flatten':
      return plain({ ...common, kind });
    case 'global_average_pooling':
      return plain({ ...common, kind: 'global_average_pooling2d' });
    case 'dropout':
      return plain({ ...common, kind, rate: settings.rate });
    case 'activation':
      return plain({ ...common, kind, activation: settings.function });
    case 'batch_normalization':
      return plain({ ...common, kind, scale: true, center: true, statistics: 'batch', ...settings });
    case 'dense':
      return {
        layer: { ...common, kind, units: settings.units, activation: settings.activation, useBias: settings.use_bias },
        initializer: settings.kernel_initializer,
      };
    case 'classifier':
      return {
        layer: { ...common, kind: 'dense', ...classifierOf(classes.count, classes.task), useBias: true },
        initializer: settings.kernel_initializer,
      };
  }
}

/** The check of the file knows the order of layers, but not every base's output. */
function requireOrder(layers: readonly HeadLayer[], input: Shape): void {
  const faults = orderFaults(layers, input.length === 1 ? 'vector' : 'image');
  if (faults.length === 0) return;
  const problems = faults.map(({ layer, ...fault }) => ({
    ...fault,
    code: 'layer-does-not-fit',
    field: ['layers', layer],
  }));
  throw new PipelineError('invalid', problems);
}

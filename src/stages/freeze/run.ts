/** The work of freeze: which layers a pipeline file means. */
import picomatch from 'picomatch';
import type { FreezeConfig } from '../../core/schema-types.js';
import type { StageContext } from '../../core/stage.js';
import { failure } from '../../core/problem.js';
import { nearest } from '../../core/nearest.js';
import { countParameters, readWeights, type ModelDocument } from '../../model/document.js';
import type { Layer } from '../../model/graph.js';

export async function runFreeze({ name, config, inputs, note, pass, putJson, readBytes, readJson }: StageContext<'freeze'>): Promise<void> {
  const base = inputs.base!;
  const document = await readJson<ModelDocument>(base.model);
  const frozen = frozenLayers(config.layers, document.graph.layers, name);
  const layers = document.graph.layers.map((layer): Layer => {
    const trainable = !frozen.has(layer.name);
    return layer.kind === 'batch_normalization' ? { ...layer, trainable, statistics: config.batch_norm } : { ...layer, trainable };
  });
  const graph = { ...document.graph, layers };
  const parameters = countParameters(graph, await readWeights(document, readBytes));
  note('parameters', `${format(parameters.frozen)} parameters frozen, ${format(parameters.trainable)} trained`);
  pass('weights', base.weights);
  await putJson('model', { ...document, graph } satisfies ModelDocument);
}

const format = (count: number): string => count.toLocaleString('en-US');

/** Names of the layers to freeze. Throws `invalid` for a name or glob that fits no layer. */
export function frozenLayers(config: FreezeConfig['layers'], layers: readonly Layer[], stage: string): ReadonlySet<string> {
  const names = layers.map((layer) => layer.name);
  if (config === 'all') return new Set(names);
  if (config === 'none') return new Set();
  if (Array.isArray(config)) {
    return new Set(
      config.flatMap((pattern) => {
        const matching = names.filter((layer) => picomatch.isMatch(layer, pattern));
        if (matching.length === 0) throw unknownLayer(pattern, names, stage);
        return matching;
      }),
    );
  }
  const first = names.indexOf(config.until);
  if (first < 0) throw unknownLayer(config.until, names, stage);
  return new Set(names.slice(0, first));
}

function unknownLayer(pattern: string, names: readonly string[], stage: string) {
  const close = nearest(pattern, names);
  return failure('invalid', {
    code: 'unknown-layer',
    where: stage,
    found: `the base has no layer ${pattern}`,
    expected: `one of ${names.length} layers, such as ${names.slice(-3).join(', ')}`,
    remedy: close === undefined ? undefined : `did you mean ${close}?`,
  });
}

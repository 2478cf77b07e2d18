/** Which layers of a base a pipeline file means to freeze, and a graph with just those frozen. */
import picomatch from 'picomatch';
import { nearest } from '../core/nearest.js';
import { failure } from '../core/problem.js';
import type { FreezeConfig } from '../core/schema-types.js';
import type { Layer } from './graph.js';

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

/** The layers, with just those that the config means frozen. Throws as {@link frozenLayers}. */
export function withFrozen(config: FreezeConfig['layers'], layers: readonly Layer[], stage: string): Layer[] {
  const frozen = frozenLayers(config, layers, stage);
  return layers.map((layer): Layer => ({ ...layer, trainable: !frozen.has(layer.name) }));
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

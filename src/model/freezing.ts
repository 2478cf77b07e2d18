/** Which layers of a base a pipeline file means to freeze, and a graph with just those frozen. */
import picomatch from 'picomatch';
import { nearest } from '../core/text/did-you-mean.js';
import { failure, type Problem } from '../core/problem.js';
import type { FreezeConfig } from '../core/schema-types.js';
import type { Layer } from './graph.js';

/** The field of the stage that says what to freeze. */
type Field = NonNullable<Problem['field']>;

/** Names of the layers to freeze. Throws `invalid` for a name or glob that fits no layer. */
export function frozenLayers(
  config: FreezeConfig['layers'],
  layers: readonly Layer[],
  field: Field,
): ReadonlySet<string> {
  const names = layers.map((layer) => layer.name);
  if (config === 'all') return new Set(names);
  if (config === 'none') return new Set();
  if (Array.isArray(config)) {
    return new Set(
      config.flatMap((pattern, index) => {
        const matching = names.filter((layer) => picomatch.isMatch(layer, pattern));
        if (matching.length === 0) throw unknownLayer(pattern, names, [...field, index]);
        return matching;
      }),
    );
  }
  const first = names.indexOf(config.until);
  if (first < 0) throw unknownLayer(config.until, names, [...field, 'until']);
  return new Set(names.slice(0, first));
}

/** The layers, with just those that the config means frozen. Throws as {@link frozenLayers}. */
export function withFrozen(config: FreezeConfig['layers'], layers: readonly Layer[], field: Field): Layer[] {
  const frozen = frozenLayers(config, layers, field);
  return layers.map((layer): Layer => ({ ...layer, trainable: !frozen.has(layer.name) }));
}

function unknownLayer(pattern: string, names: readonly string[], field: Field) {
  const close = nearest(pattern, names);
  // `block5_` of `block5_conv9`: the layers of one block share it.
  const beginnings = [pattern.slice(0, pattern.indexOf('_') + 1) || pattern, pattern.slice(0, 4)];
  const similar = beginnings
    .map((beginning) => names.filter((name) => name.startsWith(beginning)))
    .find((some) => some.length > 0);
  return failure('invalid', {
    code: 'unknown-layer',
    field,
    found: `the base has no layer ${pattern}`,
    expected: `one of its ${names.length} layers, such as ${(similar?.slice(0, 6) ?? names.slice(-3)).join(', ')}`,
    remedy: close === undefined ? undefined : `did you mean ${close}?`,
  });
}

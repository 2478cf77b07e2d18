/** The order that a network's layers are computed in. Every walk is linear in the number of references. */
import { badModel } from './config.js';

/** Networks of today have some 1,500 layers. */
export const mostLayers = 10_000;

interface Node {
  readonly name: string;
  readonly inputs: readonly string[];
}

/**
 * Looks up what a name stands for, through other names that stand for others. Throws `bad-data` for names in a cycle.
 */
export function followed(aliases: ReadonlyMap<string, string>, where: string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const passed: string[] = [];
    let target = name;
    for (
      let next = known.get(target) ?? aliases.get(target);
      next !== undefined;
      next = known.get(target) ?? aliases.get(target)
    ) {
      if (passed.length > aliases.size) throw cycleFailure(where);
      passed.push(target);
      target = next;
    }
    for (const one of passed) known.set(one, target);
    return target;
  };
}

function cycleFailure(where: string) {
  return badModel(where, 'the layers form a cycle');
}

/** The layers that the output needs, each after those that it reads (Kahn's algorithm). Throws `bad-data`. */
export function ordered<Layer extends Node>(layers: readonly Layer[], output: string, where: string): Layer[] {
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
  if (order.length !== kept.length) throw cycleFailure(where);
  return order;
}

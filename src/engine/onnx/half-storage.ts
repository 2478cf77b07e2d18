/** Stores weights of a model as float16. A Cast after each gives what it was before: every other node computes in float32. */
import { toHalves } from '../../model/rounding.js';
import { dataTypes, type Initializer, type Model, type Node } from './model-file.js';

/** The same model with the float32 constants of these names halved. Throws as {@link toHalves}. */
export function withHalves(model: Model, names: ReadonlySet<string>): Model {
  const casts: Node[] = [];
  const initializers = model.initializers.map((initializer): Initializer => {
    const { name, dims, data } = initializer;
    if (!names.has(name) || !(data instanceof Float32Array)) return initializer;
    casts.push({
      op: 'Cast',
      inputs: [name],
      output: widenedName(name),
      attributes: { to: { int: dataTypes.float32 } },
    });
    return { name, dims, data: toHalves(name, { shape: dims, data }) };
  });
  const halved = new Set(casts.map(({ inputs: [name] }) => name));
  const read = (name: string) => (halved.has(name) ? widenedName(name) : name);
  const nodes = model.nodes.map((node) => ({ ...node, inputs: node.inputs.map(read) }));
  return { ...model, initializers, nodes: [...casts, ...nodes] };
}

function widenedName(name: string): string {
  return `${name}:float32`;
}

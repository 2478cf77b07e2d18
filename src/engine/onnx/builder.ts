/** Builds an ONNX graph node by node. Values are known by name; equal nodes are made once, unused ones are left out. */
import type { Shape } from '../../model/graph.js';
import type { Block } from './block.js';
import type { Attribute, Initializer, Model, Node, Port } from './model-file.js';
import { BATCH, type Extent } from './value-info.js';

/** Name of a value in the graph under construction. */
export type Name = string;

export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly initializers = new Map<Name, Initializer>();
  private readonly inputs: Port[] = [];
  private readonly outputs: Port[] = [];
  private readonly names = new Map<string, Name>();
  private readonly sources = new Map<Name, Name>();

  /** `rows` is the first dimension of what goes in and out by batches: 1 for a network that takes one image at a time. */
  constructor(private readonly rows: typeof BATCH | 1 = BATCH) {}

  /** Adds a node with one output. An equal node that is there already is used again. */
  node(op: string, inputs: readonly Name[], attributes: Readonly<Record<string, Attribute>> = {}): Name {
    const key = JSON.stringify([op, inputs, attributes]);
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const output = `${op}_${this.nodes.length}`;
    this.nodes.push({ op, inputs, output, attributes });
    this.names.set(key, output);
    return output;
  }

  /** The nodes of another file that make a value of `input` and of constants. */
  block(input: Name, constants: readonly Name[], block: Block): Name {
    const output = `block_${this.nodes.length}`;
    this.nodes.push({ op: 'block', inputs: [input, ...constants], output, attributes: {}, block });
    return output;
  }

  /** The node that makes a value; none makes inputs and constants. */
  producer(value: Name): Node | undefined {
    return this.nodes.find((node) => node.output === value);
  }

  /** A float32 tensor that the file carries; `name` must be free. */
  constant(name: Name, dims: readonly number[], data: Float32Array): Name {
    this.initializers.set(name, { name, dims, data });
    return name;
  }

  /** The same for numbers that a file holds in another type, which they fit exactly. */
  typedConstant(name: Name, dims: readonly number[], data: Initializer['data']): Name {
    this.initializers.set(name, { name, dims, data });
    return name;
  }

  scalar(value: number): Name {
    const name = `scalar_${value}`;
    return this.initializers.has(name) ? name : this.constant(name, [], Float32Array.of(value));
  }

  /** A list of integers as an operand: axes, shapes, pads. */
  integers(values: readonly number[]): Name {
    const name = `integers_${values.join('_')}`;
    this.initializers.set(name, { name, dims: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  }

  /** The same for many, under a name that says what they follow from. */
  integerTable(name: Name, values: readonly number[]): Name {
    if (!this.initializers.has(name))
      this.initializers.set(name, { name, dims: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  }

  /** What {@link integers} was given under this name. */
  integersOf(name: Name): number[] {
    return Array.from(this.initializers.get(name)!.data as BigInt64Array, Number);
  }

  /** A float32 input that is handed in with each run. */
  input(name: Name, dims: readonly Extent[]): Name {
    this.inputs.push({ name, dims });
    return name;
  }

  /** An input of any number of rows, each of this shape. */
  batchInput(name: Name, shape: Shape, type: Port['type'] = 'float32'): Name {
    this.inputs.push({ name, dims: [this.rows, ...shape], type });
    return name;
  }

  /** Gives a value out under a name of its own. */
  output(name: Name, value: Name, dims: readonly number[]): void {
    this.outputs.push({ name, dims });
    this.sources.set(name, value);
  }

  /** Gives a float32 value out whose shape is not known before it is computed. */
  unsizedOutput(name: Name, value: Name): void {
    this.outputs.push({ name, dims: undefined });
    this.sources.set(name, value);
  }

  /** Gives out a value of any number of rows, each of this shape. */
  batchOutput(name: Name, value: Name, shape: Shape): void {
    this.outputs.push({ name, dims: [this.rows, ...shape] });
    this.sources.set(name, value);
  }

  /** The model, with the nodes and initializers that its outputs need. Inputs stay as they were declared. */
  build(name: string): Model {
    const needed = new Set<Name>(this.sources.values());
    const kept: Node[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!needed.has(node.output)) continue;
      kept.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    const initializers = [...this.initializers.values()].filter((initializer) => needed.has(initializer.name));
    return { name, inputs: this.inputs, outputs: this.outputs, initializers, nodes: this.named(kept.reverse()) };
  }

  /**
   * Lets each node that makes an output carry its name, so that it writes where the output is wanted. Only a value
   * that no node makes, or that goes out twice, takes a copy.
   */
  private named(nodes: readonly Node[]): Node[] {
    const made = new Set(nodes.map((node) => node.output));
    const names = new Map<Name, Name>();
    const copies: Node[] = [];
    for (const [output, value] of this.sources) {
      if (made.has(value) && !names.has(value)) names.set(value, output);
      else copies.push({ op: 'Identity', inputs: [names.get(value) ?? value], output, attributes: {} });
    }
    const rename = (value: Name) => names.get(value) ?? value;
    const renamed = nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), output: rename(node.output) }));
    return [...renamed, ...copies];
  }
}

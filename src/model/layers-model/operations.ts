/**
 * Arithmetic written between layers, `x / 127.5 - 1` or `x + y`, which Keras keeps as nodes of the network: Keras 3 as
 * operations of `keras.ops`, Keras 2 as layers of the class TFOpLambda.
 */
import { isRecord } from '../../core/is-record.js';
import type { Layer, PlainLayer, RescalingLayer } from '../graph.js';

type Entry = Readonly<Record<string, unknown>>;
type Common = Pick<Layer, 'name' | 'inputs' | 'trainable'>;

const kinds = { Add: 'add', Subtract: 'subtract', Multiply: 'multiply', Divide: 'divide' } as const;
type Operation = (typeof kinds)[keyof typeof kinds];

const keras3: ReadonlyMap<string, Operation> = new Map([...Object.entries(kinds), ['TrueDivide', 'divide']]);
const keras2: ReadonlyMap<string, Operation> = new Map([
  ['__operators__.add', 'add'],
  ['math.add', 'add'],
  ['math.subtract', 'subtract'],
  ['math.multiply', 'multiply'],
  ['math.truediv', 'divide'],
  ['math.divide', 'divide'],
]);

/** Which operation an entry is; undefined for layers and for operations that are not known. */
export function operationOf(entry: Entry): Operation | undefined {
  const { class_name: className, module, config } = entry;
  if (className === 'TFOpLambda') {
    const name = isRecord(config) ? config['function'] : undefined;
    return typeof name === 'string' ? keras2.get(name) : undefined;
  }
  // The layers Add and Multiply are of another module, and read one list. An .h5 file names no module.
  const { inbound_nodes: nodes } = entry;
  const byKeras3 = Array.isArray(nodes) && isRecord(nodes[0]) && operandsOf(entry).length === 2;
  const couldBe = module === undefined || (typeof module === 'string' && /^keras(\.src)?\.ops(\.|$)/.test(module));
  return byKeras3 && couldBe && typeof className === 'string' ? keras3.get(className) : undefined;
}

/** An operation as a layer; undefined if it is not one of two tensors or of a tensor and a number. */
export function readOperation(
  operation: Operation,
  entry: Entry,
  common: Common,
): PlainLayer | RescalingLayer | undefined {
  const operands = operandsOf(entry);
  const tensors = operands.filter((operand) => operand === 'tensor').length;
  if (tensors !== common.inputs.length || operands.length !== 2) return undefined;
  if (tensors === 2)
    return operation === 'add' || operation === 'multiply' ? { ...common, kind: operation } : undefined;
  const [first, second] = operands;
  const rescaling = (scale: number, offset: number): RescalingLayer => ({
    ...common,
    kind: 'rescaling',
    scale,
    offset,
  });
  if (typeof second === 'number') {
    switch (operation) {
      case 'add':
        return rescaling(1, second);
      case 'subtract':
        return rescaling(1, -second);
      case 'multiply':
        return rescaling(second, 0);
      case 'divide':
        return second === 0 ? undefined : rescaling(1 / second, 0);
    }
  }
  if (typeof first !== 'number' || operation === 'divide') return undefined;
  return operation === 'multiply' ? rescaling(first, 0) : rescaling(operation === 'add' ? 1 : -1, first);
}

/** The two operands of a call: Keras 3 has both in `args`, Keras 2 the second one as `y` beside the first. */
function operandsOf({ inbound_nodes: nodes }: Entry): ('tensor' | number | undefined)[] {
  const node: unknown = Array.isArray(nodes) ? nodes[0] : undefined;
  if (isRecord(node)) return Array.isArray(node['args']) ? node['args'].map(operand) : [];
  const call: unknown = Array.isArray(node) ? (typeof node[0] === 'string' ? node : (node as unknown[])[0]) : undefined;
  if (!Array.isArray(call)) return [];
  const [name, , , named] = call as unknown[];
  return [typeof name === 'string' ? 'tensor' : undefined, operand(isRecord(named) ? named['y'] : undefined)];
}

function operand(value: unknown): 'tensor' | number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const isReference = Array.isArray(value) && typeof value[0] === 'string';
  return isReference || (isRecord(value) && isRecord(value['config']) && 'keras_history' in value['config'])
    ? 'tensor'
    : undefined;
}

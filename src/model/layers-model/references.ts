/** How the layers of a topology refer to each other, in the forms of Keras 2 and Keras 3. */
import { isRecord } from '../../core/is-record.js';
import type { PipelineError } from '../../core/problem.js';
import { badModel, list, show } from './config.js';

/** Arguments of a call are a few levels deep; what is deeper was made to exhaust the stack. */
const deepestArgument = 16;

/** The layers that a layer reads, and what is wrong with how it is called. */
export interface Sources {
  readonly inputs: readonly string[];
  readonly refusal?: PipelineError;
}

/** The one entry of `input_layers` or `output_layers`: [[name, 0, 0]], or without the outer list. */
export function singleOf(value: unknown, where: string, what: string): string {
  const outer = list(value, where, `the list of ${what}s`);
  const entries = typeof outer[0] === 'string' ? [outer] : outer;
  if (entries.length !== 1) throw badModel(where, `the model has ${entries.length} ${what}s`, `one ${what}`);
  return nameIn(entries[0], where);
}

/**
 * Names of the layers that a layer, or an operation between layers, reads. Keras 2 writes [[[name, node, tensor, kwargs], ...]], newer releases without
 * the innermost list if there is one input; Keras 3 writes [{args, kwargs}] with the tensors somewhere in args. Throws
 * `bad-data` for what is none of these; returns it where only this layer cannot be computed.
 */
export function sourcesOf(
  value: unknown,
  where: string,
  isModel: (name: string) => boolean,
  isOperation = false,
): Sources {
  const nodes = list(value ?? [], where, 'inbound_nodes');
  const [node] = nodes;
  if (node === undefined) return { inputs: [] };
  const refusals: (PipelineError | undefined)[] = [];
  if (nodes.length > 1)
    refusals.push(badModel(where, `the layer is used ${nodes.length} times`, 'every layer is used once'));
  let tensors: readonly unknown[];
  if (isRecord(node)) {
    refusals.push(argumentIn(node['kwargs'], where));
    tensors = histories(node['args'], where, 0);
  } else {
    const references = list(node, where, 'inbound_nodes');
    tensors = typeof references[0] === 'string' ? [references] : references;
  }
  // The second operand of Keras 2's operations is an argument of the call.
  const operands = isOperation ? tensors.flatMap(withOperand) : tensors;
  const inputs = operands.map((tensor) => {
    const name = nameIn(tensor, where);
    refusals.push(faultOf(tensor as readonly unknown[], where, isModel(name)));
    return name;
  });
  return { inputs, refusal: refusals.find((refusal) => refusal !== undefined) };
}

function withOperand(tensor: unknown): readonly unknown[] {
  const [name, node, output, call] = Array.isArray(tensor) ? (tensor as unknown[]) : [];
  if (!isRecord(call)) return [tensor];
  const { y, name: _label, ...others } = call;
  return [[name, node, output, others], ...(Array.isArray(y) ? [y] : [])];
}

function nameIn(tensor: unknown, where: string): string {
  const [name] = list(tensor, where, 'a reference to a layer');
  if (typeof name !== 'string') throw badModel(where, `it reads ${show(tensor)}`, 'the name of a layer');
  return name;
}

/** A model that is used in another may count the use that made it, so its only use may be the second. */
function faultOf(tensor: readonly unknown[], where: string, readsModel: boolean): PipelineError | undefined {
  const [, node, output, call] = tensor;
  if ((node !== 0 && !readsModel) || output !== 0) {
    return badModel(where, `it reads ${show(tensor)}`, 'the only output of a layer that is used once');
  }
  return argumentIn(call, where);
}

/** Every `keras_history` in the arguments of a call, in order. */
function histories(value: unknown, where: string, depth: number): unknown[] {
  if (depth > deepestArgument)
    throw badModel(where, 'the arguments of its call are nested too deep', 'a list of tensors');
  if (Array.isArray(value)) return value.flatMap((one) => histories(one, where, depth + 1));
  if (!isRecord(value)) return [];
  return 'keras_history' in value
    ? [value['keras_history']]
    : Object.values(value).flatMap((one) => histories(one, where, depth + 1));
}

/** Keras 3 writes `training: false` beside layers that differ in training, even if nobody asked for it. */
function argumentIn(call: unknown, where: string): PipelineError | undefined {
  const isUsual = (key: string, value: unknown) => value === null || (key === 'training' && value === false);
  const argument = isRecord(call) ? Object.keys(call).find((key) => !isUsual(key, call[key])) : undefined;
  return argument === undefined
    ? undefined
    : badModel(where, `it is called with ${argument}`, 'a call without arguments');
}

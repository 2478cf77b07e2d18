/**
 * What may be in an `.onnx` file that anyone may have made. What this tool exports computes once from its input to its
 * output; loops, branches and functions can hold the machine without end in a file of a few hundred bytes.
 */
import { failure, type PipelineError } from '../../core/problem.js';
import { refuseExcessive } from '../../model/cost.js';
import type { OnnxModel } from '../../model/onnx/model-proto.js';
import { costOf } from './foreign-cost.js';
import type { OnnxBundle } from './onnx-bundle.js';
import { bytesOf, fieldsOf, textOf } from '../../model/onnx/protobuf-reader.js';

/** Operators of ONNX that have graphs inside: loops, branches, and what calls a graph for each element. */
const CONTROL = new Set(['Loop', 'Scan', 'If', 'SequenceMap']);

/** Each byte of an operator takes time to look at; a large network has a megabyte of them. */
const mostNodeBytes = 64 * 2 ** 20;

/** What the ONNX standard calls its own operators, and what onnxruntime calls those that it brings. */
const STANDARD = new Set(['', 'ai.onnx', 'com.microsoft']);

/** NodeProto: op_type (4), attribute (5), domain (7), name (3). */
const nodeFields = { name: 3, op: 4, attribute: 5, domain: 7 } as const;

/** Fields of AttributeProto that hold graphs, and tensors: g (6), graphs (11); t (5), tensors (10). */
const graphFields = new Set([6, 11]);
const tensorFields = new Set([5, 10]);

/**
 * Refuses, as `unsafe`, an `.onnx` file that can compute without end or reads other files, and one whose shapes show that
 * it needs far more work than any image classifier. Repeated fields are all looked at: parsers join them.
 */
export function checkForeignModel(file: Uint8Array, { path: where, input, image }: OnnxBundle): void {
  // ModelProto: graph (7), training_info (20), functions (25).
  if (bytesOf(file, 25).length > 0) throw refused(where, 'defines functions of its own');
  const graphs = bytesOf(file, 7);
  for (const graph of graphs) {
    if (bytesOf(graph, 15).length > 0) throw refused(where, 'has sparse constants');
    // GraphProto: node (1), initializer (5), sparse_initializer (15).
    const nodes = bytesOf(graph, 1);
    if (nodes.reduce((sum, { length }) => sum + length, 0) > mostNodeBytes)
      throw refused(where, 'has more than 64 MB of operators without their weights');
    for (const node of nodes) checkNode(node, where);
    for (const tensor of bytesOf(graph, 5)) checkTensor(tensor, where);
  }
  refuseExcessive(costOf(graphs, input.name, [1, ...image.size, 3]), where);
}

/**
 * The same of a network that was read: throws `unsafe` for a node that can compute without end, or is of operators that
 * onnxruntime does not have itself, and for a tensor that would be read from another file.
 */
export function refuseParts({ nodes, initializers }: Pick<OnnxModel, 'nodes' | 'initializers'>, where: string): void {
  for (const { bytes } of nodes) checkNode(bytes, where);
  for (const tensor of initializers.values()) checkTensor(tensor, where);
}

function checkNode(node: Uint8Array, where: string): void {
  const [op, domain] = [textOf(node, nodeFields.op), textOf(node, nodeFields.domain)];
  const name = textOf(node, nodeFields.name);
  const subject = `the node ${JSON.stringify(name === '' ? op : name)}`;
  if (!STANDARD.has(domain)) throw refused(where, `${subject} uses the operator \`${op}\` of the domain \`${domain}\``);
  if (CONTROL.has(op)) throw refused(where, `${subject} is a \`${op}\`, which may never finish`);
  for (const attribute of bytesOf(node, nodeFields.attribute)) {
    for (const field of fieldsOf(attribute)) {
      if (field.kind !== 'bytes') continue;
      if (graphFields.has(field.number)) throw refused(where, `${subject} contains a graph`);
      if (tensorFields.has(field.number)) checkTensor(field.bytes, where);
    }
  }
}

/** TensorProto: external_data (13), data_location (14), which quantizers write for tensors inside too, as 0. */
function checkTensor(tensor: Uint8Array, where: string): void {
  for (const field of fieldsOf(tensor)) {
    if (field.number === 14 && field.kind === 'varint' && Number(field.value) === 0) continue;
    if (field.number === 13 || field.number === 14)
      throw refused(where, `the tensor ${JSON.stringify(textOf(tensor, 8))} is in another file`);
  }
}

function refused(where: string, found: string): PipelineError {
  return failure('unsafe', {
    code: 'unsafe-model',
    where,
    found,
    expected:
      'a model of one file with standard ONNX operators and without loops, branches or functions, as an export stage writes it',
    remedy: 'use the model as it was exported, or run this one with onnxruntime itself if you trust its author',
  });
}

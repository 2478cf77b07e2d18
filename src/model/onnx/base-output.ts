/** Which tensor of an ONNX file is a base's output: what its classifier reads, or the embedding that it is made to give. */
import { nearest } from '../../core/text/did-you-mean.js';
import { failure } from '../../core/problem.js';
import { makersOf, type OnnxModel, type OnnxNode } from './model-proto.js';

/** Outputs that exporters name so, the most telling first. */
const embeddings = ['image_embeds', 'pooler_output', 'last_hidden_state'];

/** Nodes between a classifier's product and the output. */
const afterProduct = new Set([
  'Softmax',
  'LogSoftmax',
  'Sigmoid',
  'Identity',
  'Cast',
  'Add',
  'Squeeze',
  'DequantizeLinear',
  'QuantizeLinear',
]);

/** Nodes between a product's matrix and the constant that it comes from. */
const beforeMatrix = new Set(['Transpose', 'Identity', 'Cast', 'DequantizeLinear', 'Reshape']);

const products = new Set(['Gemm', 'MatMul', 'MatMulInteger', 'QGemm', 'QLinearMatMul', 'FusedMatMul']);

export interface ChosenOutput {
  readonly name: string;
  /** `named` by the person who wrote the file, an `embedding` by its name, or what the `classifier` reads. */
  readonly by: 'named' | 'embedding' | 'classifier';
}

/** Chooses the output. Throws `invalid` for a name that the file lacks, or where `auto` finds neither an embedding nor a classifier. */
export function chooseOutput(model: OnnxModel, wanted: string): ChosenOutput {
  if (wanted !== 'auto') return { name: requireValue(model, wanted), by: 'named' };
  const outputs = model.outputs.map(({ name }) => name);
  const embedding = embeddings.find((name) => outputs.includes(name));
  if (embedding !== undefined) return { name: embedding, by: 'embedding' };
  const before = outputs.length === 1 ? classifierInput(model, outputs[0]) : undefined;
  if (before !== undefined) return { name: before, by: 'classifier' };
  throw failure('invalid', {
    code: 'no-base-output',
    field: ['output'],
    found: `\`output: auto\` finds neither an embedding nor a classifier in this file, whose outputs are ${listed(outputs)}`,
    expected: `an output named ${listed(embeddings)}, or a single output that a Gemm or MatMul with constant weights gives`,
    remedy:
      'name the tensor to use, such as `output: NAME`; `pipeline bases --inspect FILE` lists all of them with their shapes',
  });
}

/** The value that the last product with constant weights reads, on the one way back from an output. */
function classifierInput(model: OnnxModel, output: string): string | undefined {
  const makers = makersOf(model);
  let value = output;
  for (let node = makers.get(value); node !== undefined; node = makers.get(value)) {
    if (products.has(node.op)) {
      const matrix = node.inputs[node.op === 'QGemm' || node.op === 'QLinearMatMul' ? 3 : 1];
      return isConstant(model, makers, matrix) ? beforeRounding(makers, node.inputs[0]) : undefined;
    }
    const computed = scaledProduct(node, makers) ?? computedInputs(node, model, makers);
    if (computed.length !== 1) return undefined;
    [value] = computed;
  }
  return undefined;
}

/** Of a sum, the part that is computed: the other is the bias. */
function computedInputs(
  { op, inputs }: OnnxNode,
  model: OnnxModel,
  makers: ReadonlyMap<string, OnnxNode>,
): readonly string[] {
  return afterProduct.has(op) ? inputs.filter((input) => input !== '' && !isConstant(model, makers, input)) : [];
}

/** A product of integers times its scale, as `quantize_dynamic` of onnxruntime writes it: both are computed. */
function scaledProduct({ op, inputs }: OnnxNode, makers: ReadonlyMap<string, OnnxNode>): readonly string[] | undefined {
  if (op !== 'Mul') return undefined;
  return inputs.filter((input) => {
    const cast = makers.get(input);
    return cast?.op === 'Cast' && makers.get(cast.inputs[0])?.op === 'MatMulInteger';
  });
}

/** The numbers that a product of integers reads, before they were made integers. */
function beforeRounding(makers: ReadonlyMap<string, OnnxNode>, value: string): string {
  const node = makers.get(value);
  return node?.op === 'DynamicQuantizeLinear' || node?.op === 'QuantizeLinear' ? node.inputs[0] : value;
}

function isConstant(model: OnnxModel, makers: ReadonlyMap<string, OnnxNode>, value: string): boolean {
  let name = value;
  for (let steps = 0; steps < 8; steps++) {
    if (model.initializers.has(name)) return true;
    const node = makers.get(name);
    if (node?.op === 'Constant') return true;
    if (node === undefined || !beforeMatrix.has(node.op)) return false;
    [name] = node.inputs;
  }
  return false;
}

function requireValue(model: OnnxModel, name: string): string {
  if (makersOf(model).has(name)) return name;
  const all = model.nodes.flatMap(({ outputs }) => outputs).filter((value) => value !== '');
  const close = nearest(name, all);
  const some = [
    ...new Set([...model.outputs.map((port) => port.name), ...(close === undefined ? [] : [close]), ...all.slice(-4)]),
  ];
  throw failure('invalid', {
    code: 'no-such-output',
    field: ['output'],
    found: `the file has no tensor \`${name}\``,
    expected: `one of its ${all.length.toLocaleString('en-US')} tensors, such as ${listed(some.slice(0, 6))}`,
    remedy: `${close === undefined ? '' : `did you mean \`${close}\`? `}\`pipeline bases --inspect FILE\` lists all of them with their shapes`,
  });
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

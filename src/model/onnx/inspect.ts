/** What is in an ONNX file, for people who choose a tensor of it. */
import type { InspectedOnnx, InspectedValue } from '../../core/inspected-onnx.js';
import { PipelineError, failure } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import { chooseOutput } from './base-output.js';
import { wholeFile } from './whole-file.js';
import { readModelProto, type OnnxModel, type OnnxPort } from './model-proto.js';

/** Reads a file. Throws `bad-data` for what is not ONNX; `where` is the path as people wrote it. */
export async function inspectOnnx(path: string, where: string): Promise<InspectedOnnx> {
  const bytes = await readRegular(path, { where, expected: 'an .onnx file' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw failure('invalid', { code: 'no-model', where, found: 'does not exist', expected: 'an .onnx file' }, error);
  });
  const model = wholeFile(where, () => readModelProto(bytes));
  const ports = new Map([...model.values, ...model.outputs.map((port) => [port.name, port] as const)]);
  return {
    inputs: model.inputs.map(valueOf),
    outputs: model.outputs.map(valueOf),
    auto: autoOf(model),
    tensors: model.nodes.flatMap(({ op, outputs }) =>
      outputs.filter((name) => name !== '').map((name) => ({ name, op, shape: ports.get(name)?.dims ?? null })),
    ),
  };
}

function autoOf(model: OnnxModel): string | null {
  try {
    return chooseOutput(model, 'auto').name;
  } catch (error) {
    if (error instanceof PipelineError) return null;
    throw error;
  }
}

function valueOf({ name, dims }: OnnxPort): InspectedValue {
  return { name, shape: dims ?? null };
}

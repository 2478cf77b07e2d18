/** Tensors beside an ONNX file: only by names that stay in the folder, and only the bytes that are there. */
import { expect, test } from '@jest/globals';
import { PipelineError } from '../../../src/core/problem.js';
import { externalFiles, withoutExternal } from '../../../src/model/onnx/external-data.js';
import { readModelProto } from '../../../src/model/onnx/model-proto.js';
import { cutProgram } from '../../../src/model/onnx/program.js';
import { Message } from '../../../src/model/onnx/protobuf.js';
import { tinyNetwork } from './tiny-network.js';

/** A tensor of two by nine numbers that lies elsewhere. */
function outside(entries: Readonly<Record<string, string>>): Message {
  const tensor = new Message().ints(1, [2, 9]).int(2, 1).text(8, 'far');
  for (const [key, value] of Object.entries(entries)) tensor.message(13, new Message().text(1, key).text(2, value));
  return tensor.int(14, 1);
}

const fileWith = (entries: Readonly<Record<string, string>>): Uint8Array => tinyNetwork({ extra: [outside(entries)] });

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const { category, problems } = error as PipelineError;
    return `${category}: ${problems[0].found}`;
  }
  return 'taken';
}

test('its numbers are read from their place', () => {
  const numbers = Float32Array.from({ length: 20 }, (_, i) => i);
  const file = fileWith({ location: 'model.onnx_data', offset: '8', length: '72' });
  expect(externalFiles(file, 'm')).toEqual(['model.onnx_data']);
  const whole = withoutExternal(file, new Map([['model.onnx_data', new Uint8Array(numbers.buffer)]]), 'm');
  expect(externalFiles(whole, 'm')).toEqual([]);
  const model = readModelProto(whole);
  // Something has to read it.
  const read = { ...model, nodes: [{ ...model.nodes[0], inputs: ['far'], outputs: ['out'] }] };
  expect(cutProgram(read, read.inputs[0], 'out').tensors[0].tensor).toEqual({ shape: [2, 9], data: numbers.slice(2) });
});

test.each(['../secret', '/etc/passwd', 'a/../../b', '', 'C:\\x', 'a\u0000b'])('%j is not opened', (location) => {
  expect(refusal(() => externalFiles(fileWith({ location }), 'm'))).toMatch(/^unsafe: keeps tensors in /);
});

test('a place beyond the end of the file is damage', () => {
  const files = new Map([['d', new Uint8Array(64)]]);
  const read = (entries: Readonly<Record<string, string>>) =>
    refusal(() => withoutExternal(fileWith({ location: 'd', ...entries }), files, 'm'));
  expect(read({ length: '72' })).toBe('bad-data: needs 72 bytes of d, which has 64');
  expect(read({ offset: '9007199254740991', length: '72' })).toMatch(/^bad-data: needs /);
  expect(read({ offset: '-4' })).toBe('bad-data: has the offset "-4" for a tensor');
});

test('a file that is missing is reported by its name', () => {
  expect(refusal(() => withoutExternal(fileWith({ location: 'model.onnx_data' }), new Map(), 'm'))).toBe(
    'bad-data: keeps tensors in model.onnx_data, which is missing',
  );
});

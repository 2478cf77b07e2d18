/** What `bases --inspect` reads of a file. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectOnnx } from '../../../src/model/onnx/inspect.js';
import { tinyNetwork } from './tiny-network.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-inspect-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('inputs, outputs, every tensor, and what `auto` takes', async () => {
  const path = join(folder, 'net.onnx');
  await writeFile(path, tinyNetwork({ size: ['height', 32] }));
  const found = await inspectOnnx(path, 'net.onnx');
  expect(found.inputs).toEqual([{ name: 'images', shape: ['batch', 3, 'height', 32] }]);
  expect(found.outputs).toEqual([{ name: 'logits', shape: ['batch', 5] }]);
  expect(found.auto).toBe('features');
  expect(found.tensors.map(({ name, op }) => [name, op])).toEqual([
    ['convolved', 'Conv'],
    ['activated', 'Relu'],
    ['pooled', 'GlobalAveragePool'],
    ['features', 'Flatten'],
    ['logits', 'Gemm'],
  ]);
  expect(found.tensors.map(({ shape }) => shape)).toEqual([null, null, null, null, ['batch', 5]]);
});

test('what is not one, or is missing, is an error with the name', async () => {
  const path = join(folder, 'text');
  await writeFile(path, 'hello');
  await expect(inspectOnnx(path, 'text')).rejects.toMatchObject({
    category: 'bad-data',
    problems: [{ where: 'text' }],
  });
  await expect(inspectOnnx(join(folder, 'none'), 'none')).rejects.toMatchObject({ category: 'invalid' });
});

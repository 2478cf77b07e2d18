/** An .onnx file that is run: only the bytes that its metadata came from, and only if the runtime computes it as it is written. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportOnnx } from '../../../src/engine/onnx/export-model.js';
import { openModelFile, verifyModelFile } from '../../../src/engine/onnx/file-runner.js';
import { readOnnxBundle } from '../../../src/engine/onnx/model-reader.js';
import { classifier } from '../../model/classifiers.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'pipeline-onnx-'))));
afterAll(() => rm(folder, { recursive: true }));

test('only the file is run that the metadata came from', async () => {
  const path = join(folder, 'model.onnx');
  const { document, weights } = classifier(2);
  const written = exportOnnx(document, weights, 'float32');
  await writeFile(path, written);
  const bundle = await readOnnxBundle(path);
  await writeFile(path, exportOnnx({ ...document, classes: ['yes', 'no'] }, weights, 'float32'));
  await expect(openModelFile(bundle)).rejects.toMatchObject({
    category: 'bad-data',
    problems: [{ code: 'file-changed', where: path }],
  });
  await writeFile(path, written);
  const runner = await openModelFile(bundle);
  expect(await runner.run(new Float32Array(13 * 11 * 3), 1)).toHaveLength(2);
  runner.dispose();
});

test('a file whose scores differ without graph optimization is refused', async () => {
  const path = join(folder, 'model.onnx');
  const { document, weights } = classifier(2);
  await writeFile(path, exportOnnx(document, weights, 'float32'));
  const bundle = await readOnnxBundle(path);
  const runner = await openModelFile(bundle);
  await verifyModelFile(bundle, runner);
  let disposed = false;
  const wrong = {
    run: async (levels: Float32Array, count: number) => (await runner.run(levels, count)).map((score) => score + 2e-4),
    dispose: () => void (disposed = true),
  };
  await expect(verifyModelFile(bundle, wrong)).rejects.toMatchObject({
    category: 'stage-failed',
    problems: [{ code: 'second-opinion-differs', where: path }],
  });
  expect(disposed).toBe(true);
  runner.dispose();
});

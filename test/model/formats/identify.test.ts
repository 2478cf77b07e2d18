/** What people name as a base, by its first bytes, by the names in a folder or zip, by the fields of a JSON file. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../../src/core/problem.js';
import { modelFiles, readModelFile } from '../../../src/model/read-model.js';
import { encodeWeights } from '../../../src/model/weights-file.js';
import { zipOf } from '../../sources/packing.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-formats-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The description of a path, which the survey, which does not look into zips, and the reader share. */
async function descriptionOf(path: string): Promise<string> {
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => 'read',
      (error: unknown) => {
        if (!(error instanceof PipelineError)) throw error;
        const [{ found, remedy }] = error.problems;
        return `${error.category}: ${found} -> ${remedy}`;
      },
    );
  const read = await refusal(readModelFile(path));
  if (!path.endsWith('.keras')) expect(await refusal(modelFiles(path, path))).toBe(read);
  return read;
}

async function saidOf(bytes: Uint8Array | string, name = 'base.h5'): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return descriptionOf(join(folder, name));
}

const bytes = (text: string, length = 64) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(length)]);

test.each([
  ['an empty file', '', /is empty -> download/],
  [
    'a Git LFS pointer',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n',
    /Git LFS pointer: .* -> run `git lfs pull`/,
  ],
  ['a page', '\n<!DOCTYPE html><html><body>Not found', /is a web page \(HTML\)/],
  ['TensorFlow Lite', bytes('\x1c\0\0\0TFL3'), /is a TensorFlow Lite model/],
  ['a legacy PyTorch pickle', bytes('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), /is a PyTorch model \(a pickle/],
  ['another pickle', bytes('\x80\x04\x95'), /is a Python pickle/],
  [
    'safetensors',
    encodeWeights(new Map([['a/kernel', { shape: [1], data: Float32Array.of(1) }]])),
    /is a safetensors file/,
  ],
  ['GGUF', bytes('GGUF\x03'), /is a GGUF file/],
  ['a TensorRT engine', bytes('ftrt'), /is a TensorRT engine/],
  ['gzip', bytes('\x1f\x8b\x08'), /is a packed archive/],
  ['ONNX by PyTorch', bytes('\x08\x07\x12\x07pytorch\x1a\x052.1.0'), /is an ONNX model/],
  ['ONNX without a producer', bytes('\x08\x0a:\x10'), /is an ONNX model/],
  ['Core ML', bytes('\x08\x05\x12\x20\x0a\x10'), /is a Core ML model/],
  ["SavedModel's file", bytes('\x08\x01\x12\x80\x02\x0a\x10'), /TensorFlow SavedModel/],
  ['a frozen graph', bytes('\x0a\x20\x0a\x05input\x12\x0bPlaceholder'), /is a frozen TensorFlow graph/],
  ['a JPEG', bytes('\xff\xd8\xff\xe0'), /is an image/],
  ['a WebP', bytes('RIFF\x10\0\0\0WEBPVP8 '), /is an image/],
  ['text', 'once upon a time', /not a model of a known format: it starts with the bytes 6f 6e 63 65/],
  ['a graph-model', JSON.stringify({ format: 'graph-model', modelTopology: { node: [] } }), /is a TF\.js graph-model/],
  [
    'a graph-model that does not say so',
    JSON.stringify({ modelTopology: { node: [{ op: 'Placeholder' }] }, weightsManifest: [] }),
    /is a TF\.js graph-model/,
  ],
  [
    'Keras layers as JSON',
    JSON.stringify({ class_name: 'Sequential', config: {} }),
    /without their weights \(`model\.to_json\(\)`\)/,
  ],
  [
    "Teachable Machine's metadata",
    JSON.stringify({ tmVersion: '2.4.5', labels: ['a'] }),
    /use the model\.json in the same folder/,
  ],
  ['a config of Hugging Face', JSON.stringify({ model_type: 'vit' }), /settings of a Hugging Face model/],
  ['other JSON', '{"a": 1}', /without a `modelTopology`/],
  ['JSON that is cut off', '{"modelTopology": {', /begins like JSON but is damaged or cut off/],
] as const)('%s', async (_, content, words) => {
  expect(await saidOf(content as string)).toMatch(words);
});

test.each([
  ['PyTorch', ['archive/data.pkl', 'archive/data/0'], /is a PyTorch model/],
  ['TorchScript', ['m/data.pkl', 'm/constants.pkl', 'm/code/x.py'], /is a TorchScript model/],
  ['SavedModel', ['saved/saved_model.pb'], /is a zip of a TensorFlow SavedModel/],
  ['NumPy', ['arr_0.npy'], /is a zip of NumPy arrays/],
  ['a TF.js folder', ['m/model.json', 'm/weights.bin'], /is a zip that contains m\/model\.json -> unpack it/],
  ['half of a .keras file', ['config.json', 'metadata.json'], /without its weights/],
  [
    'something else',
    ['a.txt', 'b.txt', 'c.txt', 'd.txt'],
    /is a zip without a model: it contains a\.txt, b\.txt, c\.txt and more/,
  ],
] as const)('a zip of %s', async (_, names, words) => {
  expect(await saidOf(zipOf(names.map((name) => ({ name, content: '{}' }))), 'base.keras')).toMatch(words);
});

describe('folders', () => {
  let number = 0;
  const saidOfFolder = async (...names: string[]) => {
    const path = join(folder, `saved-${number++}`);
    await mkdir(path);
    for (const name of names) await writeFile(join(path, name), '');
    return descriptionOf(path);
  };

  test('are recognized by their contents', async () => {
    expect(await saidOfFolder('saved_model.pb')).toMatch(
      /is a TensorFlow SavedModel, .* -> go back to the Keras model/,
    );
    expect(await saidOfFolder('saved_model.pb', 'keras_metadata.pb')).toMatch(
      /that Keras 2 wrote -> .*tf_keras\.models\.load_model\("saved-1"\)\.save\("base\.keras"\)'$/,
    );
    expect(await saidOfFolder('config.json', 'model.safetensors')).toMatch(/is a model of Hugging Face/);
    expect(await saidOfFolder('notes.txt', 'base.keras')).toMatch(
      /is a folder that contains base\.keras -> use the file: saved-\d\/base\.keras/,
    );
    expect(await saidOfFolder('model.onnx')).toMatch(/ONNX model/);
    expect(await saidOfFolder('a.txt')).toMatch(/is a folder without a model\.json/);
    expect(await saidOfFolder()).toMatch(/is an empty folder/);
  });

  test('of a TF.js layers-model stand for the model.json in them', async () => {
    const path = 'examples/base';
    expect(await modelFiles(path, path)).toEqual(
      ['model.json', 'group1-shard1of1.bin'].map((name) => join(path, name)),
    );
    expect((await readModelFile(path)).files.map((one) => one.path)).toEqual(await modelFiles(path, path));
    await writeFile(join(folder, 'model.json'), '{}');
    expect(await saidOf('once', 'group1-shard1of1.bin')).toMatch(
      /is a weights file of the model\.json in the same folder -> use the model\.json/,
    );
  });
});

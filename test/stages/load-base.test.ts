import { afterAll, beforeAll, expect, test } from '@jest/globals';
import h5wasm from 'h5wasm';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import { PipelineError } from '../../src/core/problem.js';
import type { LoadBaseConfig } from '../../src/core/schema-types.js';
import type { SurveyContext } from '../../src/core/stage.js';
import { mobilenetV2 } from '../../src/model/bases/mobilenet-v2.js';
import { vgg16 } from '../../src/model/bases/vgg.js';
import type { ModelDocument } from '../../src/model/document.js';
import type { Graph } from '../../src/model/graph.js';
import { initialWeights } from '../../src/model/initializers.js';
import type { Weights } from '../../src/model/tensor.js';
import { decodeWeights } from '../../src/model/weights-file.js';
import { loadBase } from '../../src/stages/load-base/index.js';
import { unpack } from '../model/keras/files.js';
import { Bench } from './context.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-base-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Surveys and runs the stage as the runner does. */
async function loaded(
  changes: Partial<LoadBaseConfig>,
): Promise<{ document: ModelDocument; weights: Weights; preimage: unknown; notes: unknown[] }> {
  const config: LoadBaseConfig = {
    architecture: 'vgg16',
    alpha: 1,
    image_size: 224,
    include_top: false,
    precision: 'float32',
    seed: 7,
    ...changes,
  };
  const context: SurveyContext<'load-base'> = {
    name: 'load-base',
    config,
    resolvePath: (path) => path,
    digestFolder: () => Promise.reject(new Error('no folder here')),
    lock: { file: 'none.lock.yaml', written: true, get: () => undefined, set: () => Promise.resolve() },
    digestFile: async (path) => digestOf(await readFile(path)),
    digestBucket: () => Promise.reject(new Error('no bucket here')),
    bringObject: () => Promise.reject(new Error('no bucket here')),
    learn: (_fact, _isValue, find) => find(),
    note: () => undefined,
  };
  const { found, preimage } = await loadBase.survey!(context);
  const bench = new Bench();
  await loadBase.run(bench.context<'load-base'>(config, {}, found));
  const weights = decodeWeights(Buffer.from(bench.blobs.get(bench.outputs['weights'].digest)!), 'weights');
  return { document: bench.json<ModelDocument>('model'), weights, preimage, notes: bench.notes };
}

async function refusal(changes: Partial<LoadBaseConfig>): Promise<string> {
  const error = await loaded(changes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PipelineError)) throw error;
  const [{ code, found }] = error.problems;
  return `${error.category} ${code}: ${found}`;
}

const suffixes: Readonly<Record<string, string>> = { kernel: 'W', bias: 'b' };

/** Writes weights in the layout of the VGG16 that Keras publishes, which Keras 1 wrote. */
async function writeKeras1(path: string, graph: Graph, weights: Weights): Promise<void> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File('/vgg.h5', 'w');
  file.create_attribute(
    'layer_names',
    graph.layers.map(({ name }) => name),
  );
  for (const { name } of graph.layers) {
    const group = file.create_group(name);
    const own = [...weights].filter(([key]) => key.startsWith(`${name}/`));
    const names = own.map(([key]) => `${name}_${suffixes[key.slice(name.length + 1)]}_1:0`);
    if (names.length === 0) group.create_attribute('weight_names', new Float64Array(0), [0]);
    else group.create_attribute('weight_names', names);
    own.forEach(([, { data, shape }], i) => group.create_dataset({ name: names[i], data, shape: [...shape] }));
  }
  file.close();
  await writeFile(path, FS.readFile('/vgg.h5'));
  FS.unlink('/vgg.h5');
}

test('VGG16 from a file of weights in the published layout', async () => {
  const path = join(folder, 'vgg16_notop.h5');
  const written = initialWeights(vgg16(), 11);
  await writeKeras1(path, vgg16(), written);
  const { document, weights, preimage } = await loaded({ weights: path });
  expect(document.graph).toEqual(vgg16());
  expect(document.preprocessing).toEqual({ kind: 'mode', mode: 'caffe' });
  expect([...weights.keys()].sort()).toEqual([...written.keys()].sort());
  for (const [name, { shape, data }] of written) {
    expect(weights.get(name)!.shape).toEqual(shape);
    expect(
      Buffer.from(weights.get(name)!.data.buffer, weights.get(name)!.data.byteOffset, data.byteLength).equals(
        Buffer.from(data.buffer),
      ),
    ).toBe(true);
  }
  // A file is pinned by what sha256sum prints.
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  expect(preimage).toEqual({ weights: sha256 });
  await expect(loaded({ weights: { path, sha256 } })).resolves.toBeDefined();
  expect(await refusal({ weights: { path, sha256: '0'.repeat(64) } })).toMatch(/^bad-data weights-digest-mismatch/);
  expect(await refusal({ architecture: 'vgg19', weights: path })).toBe(
    'bad-data weight-missing: the weight is missing',
  );
});

test('MobileNetV2 is built as wide as it should be where no file brings its layers', async () => {
  const narrow = await loaded({ architecture: 'mobilenet_v2', alpha: 0.35, weights: 'random' });
  expect(narrow.document.graph).toEqual(mobilenetV2(0.35));
  expect(narrow.weights.get('Conv_1/kernel')!.shape).toEqual([1, 1, 112, 1280]);
});

test.each(['tiny-keras3.keras', 'tiny-keras2.h5'])(
  'a whole model, %s, loses its top and keeps its own layers',
  async (name) => {
    const path = await unpack(folder, name);
    const { document, weights } = await loaded({ architecture: 'layers_model', weights: path, preprocessing: 'tf' });
    expect(document.graph.layers.at(-1)!.name).toBe('average');
    expect(weights.has('wide_depthwise/depthwise_kernel')).toBe(true);
    expect(weights.has('classes/kernel')).toBe(false);
    expect(await refusal({ architecture: 'mobilenet_v2', weights: path })).toContain(
      'invalid another-network: contains a different network than mobilenet_v2: it has block_relu (relu)',
    );
  },
);

test('what does not fit is reported', async () => {
  const weightsAlone = await unpack(folder, 'tiny-keras2-weights.h5');
  expect(await refusal({ architecture: 'layers_model', weights: weightsAlone })).toMatch(
    /^invalid no-topology: has its layers in its weights file, but .* contains only weights$/,
  );
  const packaged = await loaded({ architecture: 'compact32' });
  const scratch = await loaded({ architecture: 'compact32', weights: 'random' });
  expect(scratch.document.graph).toEqual(packaged.document.graph);
  expect([...scratch.weights.keys()]).toEqual([...packaged.weights.keys()]);
  expect(scratch.weights.get('stem_conv/kernel')).not.toEqual(packaged.weights.get('stem_conv/kernel'));
  expect(scratch.preimage).toEqual({ layers: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await refusal({ architecture: 'layers_model', weights: 'random' })).toMatch(/^invalid no-topology/);
  expect(await refusal({ weights: join(folder, 'none.h5') })).toBe('bad-data weights-missing: does not exist');
});

test('a base that is named alone stands for the file that Keras publishes, by its pins', async () => {
  const survey = (config: Partial<LoadBaseConfig>) => {
    const none = () => Promise.reject(new Error('nothing is read'));
    const lock = { file: 'none.lock.yaml', written: true, get: () => undefined, set: () => Promise.resolve() };
    const full: LoadBaseConfig = {
      architecture: 'vgg16',
      alpha: 1,
      image_size: 224,
      include_top: false,
      precision: 'float32',
      ...config,
    };
    return loadBase.survey!({
      name: 'load-base',
      config: full,
      resolvePath: (path) => path,
      digestFolder: none,
      digestFile: none,
      digestBucket: none,
      bringObject: none,
      learn: none,
      lock,
      note: () => undefined,
    });
  };
  expect((await survey({})).preimage).toEqual({
    weights: { md5: '6d6bbae143d832006294945121d1f1fc', size: 58_889_256 },
  });
  expect((await survey({ weights: 'random' })).preimage).toBe('random');
});

test('a base that prepares its pixels itself needs no preprocessing, and layers for training alone are left out', async () => {
  const own = (preprocessing?: 'tf') => loaded({ architecture: 'layers_model', weights: path, preprocessing });
  const path = await unpack(folder, 'nested-guide-keras3.keras');
  const { document, notes } = await own();
  expect(document.preprocessing).toEqual({ kind: 'mode', mode: 'none' });
  expect(notes).toContainEqual([
    'own-preprocessing',
    'the base scales its pixels itself (layer rescale: times 0.007843, plus -1), so `preprocessing: none` is used',
  ]);
  expect(notes).toContainEqual([
    'left-out',
    '2 layers of the base act in training alone and are left out: `flip` and `turn`',
  ]);
  await expect(own('tf')).rejects.toMatchObject({ problems: [{ code: 'scaled-twice' }] });
  const other = await loaded({
    architecture: 'layers_model',
    weights: await unpack(folder, 'nested-row-keras3.keras'),
  });
  expect(other.document.preprocessing).toBeNull();
  expect(other.notes.map((note) => (note as string[])[0])).toEqual(['base']);
});

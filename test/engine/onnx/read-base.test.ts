/** ONNX files of others as bases: what is chosen as output, what it gives, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import { PipelineError } from '../../../src/core/problem.js';
import { createOnnxEngine } from '../../../src/engine/onnx/index.js';
import { readOnnxBase, type BaseOptions } from '../../../src/engine/onnx/read-base.js';
import { compileVerified } from '../../../src/engine/second-opinion.js';
import type { OnnxLayer } from '../../../src/model/graph.js';
import { Message } from '../../../src/model/onnx/protobuf.js';
import { integers, node, port } from '../../cases/onnx-files.js';
import { noise } from '../../keras/noise.js';
import { kernel, tinyNetwork, tokenEnding, type TinyOptions } from '../../model/onnx/tiny-network.js';

const options: BaseOptions = { where: 'net.onnx', output: 'auto', tokens: undefined, size: [32, 32] };

const layerOf = async (file: Uint8Array, more: Partial<BaseOptions> = {}): Promise<OnnxLayer> => {
  const { graph } = await readOnnxBase(file, { ...options, ...more });
  return graph.layers[1] as OnnxLayer;
};

async function refusal(file: Uint8Array, more: Partial<BaseOptions> = {}): Promise<string> {
  try {
    await readOnnxBase(file, { ...options, ...more });
  } catch (error) {
    const { category, problems } = error as PipelineError;
    return `${category} ${problems[0].code}: ${problems[0].found}`;
  }
  return 'taken';
}

const images = noise('images', 3 * 32 * 32 * 3);

/** The rows that a base gives for three images. */
async function rows(file: Uint8Array, more: Partial<BaseOptions> = {}): Promise<Float32Array> {
  const { graph, weights } = await readOnnxBase(file, { ...options, ...more });
  const runner = await compileVerified(await createOnnxEngine({ threads: 1 }), graph, weights);
  try {
    return await runner.run(images, 3);
  } finally {
    runner.dispose();
  }
}

/** The network's activations by its definition: [16, 16, 4]. */
function activations(image: Float32Array): Float32Array {
  const result = new Float32Array(16 * 16 * 4);
  for (let row = 0; row < 16; row++) {
    for (let column = 0; column < 16; column++) {
      for (let channel = 0; channel < 4; channel++) {
        let sum = 0;
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const [y, x] = [row * 2 + i - 1, column * 2 + j - 1];
            if (y < 0 || x < 0 || y >= 32 || x >= 32) continue;
            for (let c = 0; c < 3; c++)
              sum += image[(y * 32 + x) * 3 + c] * kernel[((channel * 3 + c) * 3 + i) * 3 + j];
          }
        }
        result[(row * 16 + column) * 4 + channel] = Math.max(0, sum);
      }
    }
  }
  return result;
}

const first = activations(images.subarray(0, 32 * 32 * 3));
const means = [0, 1, 2, 3].map(
  (channel) => first.filter((_, i) => i % 4 === channel).reduce((sum, value) => sum + value, 0) / 256,
);
const isClose = (found: Float32Array, expected: readonly number[] | Float32Array) =>
  expected.every((value, i) => Math.abs(found[i] - value) < 1e-5);

describe('the output', () => {
  test('is what the classifier reads, whatever the layout and the operator set', async () => {
    const variants: TinyOptions[] = [{}, { layout: 'NHWC' }, { opset: 9 }, { opset: 21 }, { size: ['h', 'w'] }];
    for (const variant of variants) {
      const file = tinyNetwork(variant);
      const layer = await layerOf(file);
      expect([variant, layer.gives.name, layer.gives.as, layer.shape]).toEqual([variant, 'features', 'vector', [4]]);
      expect(isClose(await rows(file), means)).toBe(true);
    }
  });

  test('may be any tensor by its name: maps have the shape of Keras', async () => {
    const layer = await layerOf(tinyNetwork(), { output: 'activated' });
    expect([layer.gives.as, layer.shape]).toEqual(['NCHW', [16, 16, 4]]);
    expect(isClose(await rows(tinyNetwork(), { output: 'activated' }), first)).toBe(true);
  });

  test('of tokens is the first, their mean or all, as the pipeline says', async () => {
    const file = tinyNetwork({ ending: tokenEnding(), extra: [integers('rows', [3], [0, 4, -1])] });
    expect(await refusal(file)).toBe(
      'invalid tokens-not-chosen: `last_hidden_state` gives 256 tokens of 4 numbers each',
    );
    expect(isClose(await rows(file, { tokens: 'cls' }), first.slice(0, 4))).toBe(true);
    expect(isClose(await rows(file, { tokens: 'mean' }), means)).toBe(true);
    const all = await layerOf(file, { tokens: 'all' });
    expect(all.shape).toEqual([256, 1, 4]);
    expect(isClose(await rows(file, { tokens: 'all' }), first)).toBe(true);
  });

  test('has a name that is there', async () => {
    expect(await refusal(tinyNetwork(), { output: 'featurs' })).toBe(
      'invalid no-such-output: the file has no tensor `featurs`',
    );
    expect(await refusal(tinyNetwork(), { tokens: 'cls' })).toMatch(/^invalid no-tokens: `tokens: cls` does not apply/);
  });

  test('cannot be guessed without a classifier', async () => {
    const ending = {
      nodes: [node({ op: 'Sigmoid', inputs: ['activated'], outputs: ['out'] })],
      outputs: [port('out', 1, ['batch', 4, 16, 16])],
    };
    expect(await refusal(tinyNetwork({ ending }))).toMatch(/^invalid no-base-output: `output: auto` finds neither/);
  });
});

test('images run alone where the file takes one at a time, or where others change the result', async () => {
  expect((await layerOf(tinyNetwork())).alone).toBe(false);
  const shaped = {
    nodes: [
      node({ op: 'GlobalAveragePool', inputs: ['activated'], outputs: ['pooled'] }),
      node({ op: 'Reshape', inputs: ['pooled', 'one'], outputs: ['pooler_output'] }),
    ],
    outputs: [port('pooler_output', 1, [1, 4])],
  };
  const single = tinyNetwork({ batch: 1, ending: shaped, extra: [integers('one', [2], [1, 4])] });
  expect((await layerOf(single)).alone).toBe(true);
  expect(isClose(await rows(single), means)).toBe(true);
  // The scale of a dynamic quantization comes from all that run together.
  const ending = {
    nodes: [
      node({ op: 'DynamicQuantizeLinear', inputs: ['activated'], outputs: ['q', 'scale', 'zero'] }),
      node({ op: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['back'] }),
      node({ op: 'GlobalAveragePool', inputs: ['back'], outputs: ['pooler_output'] }),
    ],
    outputs: [port('pooler_output', 1, ['batch', 4, 1, 1])],
  };
  const file = tinyNetwork({ ending });
  expect((await layerOf(file)).alone).toBe(true);
  const together = await rows(file);
  const { graph, weights } = await readOnnxBase(file, options);
  const runner = await (await createOnnxEngine({ threads: 1 })).compile(graph, weights);
  const alone = await runner.run(images.subarray(2 * 32 * 32 * 3), 1);
  runner.dispose();
  expect([...together.subarray(8)]).toEqual([...alone]);
});

test('images run in those numbers alone in which they were compared', async () => {
  // Each output is how many images are in the run.
  const ending = {
    nodes: [
      node({ op: 'GlobalAveragePool', inputs: ['activated'], outputs: ['pooled'] }),
      node({ op: 'Shape', inputs: ['pooled'], outputs: ['shape'] }),
      node({ op: 'Gather', inputs: ['shape', 'first'], outputs: ['batch'] }),
      node({ op: 'CastLike', inputs: ['batch', 'pooled'], outputs: ['count'] }),
      node({ op: 'Sub', inputs: ['pooled', 'pooled'], outputs: ['zero'] }),
      node({ op: 'Add', inputs: ['zero', 'count'], outputs: ['pooler_output'] }),
    ],
    outputs: [port('pooler_output', 1, ['batch', 4, 1, 1])],
  };
  const { graph, weights } = await readOnnxBase(tinyNetwork({ ending, extra: [integers('first', [1], [0])] }), options);
  const [input, layer] = graph.layers as [OnnxLayer, OnnxLayer];
  expect(layer.alone).toBe(true);
  const engine = await createOnnxEngine({ threads: 1 });
  for (const [alone, counts] of [
    [true, [1, 1, 1, 1, 1, 1]],
    [false, [4, 4, 4, 4, 1, 1]],
  ] as const) {
    const runner = await engine.compile({ ...graph, layers: [input, { ...layer, alone }] }, weights);
    const found = await runner.run(noise('images', 6 * 32 * 32 * 3), 6);
    runner.dispose();
    expect(found.filter((_, i) => i % 4 === 0)).toEqual(Float32Array.from(counts));
  }
});

describe('refused is', () => {
  test('a file that is not ONNX or not whole', async () => {
    const file = tinyNetwork();
    expect(await refusal(file.subarray(0, file.length - 200))).toMatch(/^bad-data not-onnx: is not a complete ONNX/);
    expect(await refusal(Buffer.from('hello'))).toMatch(/^bad-data not-onnx/);
  });

  test('a network that may compute without end, or has operators of its own', async () => {
    for (const parts of [
      { op: 'Loop', inputs: ['', '', 'activated'], outputs: ['logits'] },
      { op: 'Own', inputs: ['activated'], outputs: ['logits'], domain: 'evil' },
    ]) {
      const ending = { nodes: [node(parts)], outputs: [port('logits', 1, ['batch', 4])] };
      expect(await refusal(tinyNetwork({ ending }), { output: 'logits' })).toMatch(/^unsafe unsafe-model/);
    }
  });

  test('an input that is not of images, and an output that needs another input', async () => {
    expect(await refusal(tinyNetwork({ batch: 8 }))).toBe('invalid base-input: takes exactly 8 images at a time');
    const ending = {
      nodes: [node({ op: 'Identity', inputs: ['bias'], outputs: ['constant'] })],
      outputs: [port('constant', 1, [5])],
    };
    expect(await refusal(tinyNetwork({ ending }), { output: 'constant' })).toMatch(/does not depend on its images/);
  });

  test('a tensor that is left in another file', async () => {
    const outside = new Message()
      .ints(1, [3])
      .int(2, 7)
      .text(8, 'one')
      .message(13, new Message().text(1, 'location').text(2, '../secret'))
      .int(14, 1);
    expect(await refusal(tinyNetwork({ extra: [outside] }))).toBe(
      'unsafe unsafe-model: the tensor "one" is in another file',
    );
  });

  test('a tensor whose bytes do not fit its shape', async () => {
    const torn = new Message().ints(1, [4, 3, 3, 3]).int(2, 1).text(8, 'kernel').bytes(9, new Uint8Array(12));
    expect(await refusal(tinyNetwork({ extra: [torn] }))).toMatch(/^bad-data not-onnx: .* has 12 bytes/);
  });
});

test('the reason why onnxruntime cannot open a file is in the error', async () => {
  // tf2onnx leaves such operators of TensorFlow in its files.
  const ending = {
    nodes: [node({ op: 'Erfc', inputs: ['activated'], outputs: ['features'] })],
    outputs: [port('features', 1, ['batch', 4, 16, 16])],
  };
  expect(await refusal(tinyNetwork({ ending }), { output: 'features' })).toMatch(
    /^bad-data base-not-run: cannot be opened by onnxruntime: .*Erfc/,
  );
});

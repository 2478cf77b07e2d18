/** Values of networks that compute in float16, as outputs: onnxruntime keeps them in float32 unless their rounding is held. */
import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { Layer } from '../../../src/model/graph.js';
import { baseOf, exportedIn, type Exported, featuresOf, layerOf, plainFeatures, wholeOf } from './exported.js';

const folder = 'test/fixtures/onnx';
const files = exportedIn(folder);

/** What the tool gives, and what plain onnxruntime gives for the same value. */
async function both(name: string, output: string, tokens: Exported['tokens']) {
  const file = wholeOf(join(folder, `${name}.onnx`));
  const exported = { ...files[name], tokens };
  const base = await baseOf(file, name, exported, output);
  const layer = layerOf(base);
  expect(layer.gives.type).toBe('float16');
  return { layer, found: await featuresOf(base, exported, 2), plain: await plainFeatures(file, layer, exported, 2) };
}

const TOKENS = '/norm/LayerNormalization_output_0';

describe('they have the bits of plain onnxruntime', () => {
  test.each(['cls', 'all'] as const)('tokens: %s', async (tokens) => {
    const { found, plain } = await both('vit-half', TOKENS, tokens);
    expect(found).toEqual(plain);
  });

  test('maps, whose channels come last here', async () => {
    const { layer, found, plain } = await both('resnet-half-dynamo', 'add_77', null);
    expect(layer.gives.as).toBe('NCHW');
    expect(found.toSorted()).toEqual(plain.toSorted());
  });

  test('maps under a pooling', async () => {
    const name = 'resnet-half-dynamo';
    const base = await baseOf(wholeOf(join(folder, `${name}.onnx`)), name, files[name], 'add_77');
    const pooling: Layer = { kind: 'global_average_pooling2d', name: 'pool', inputs: ['network'], trainable: false };
    const graph = { ...base.graph, layers: [...base.graph.layers, pooling] };
    const found = await featuresOf({ ...base, graph }, files[name], 2);
    const { layer, plain } = await both(name, 'add_77', null);
    const [height, width, channels] = layer.shape;
    expect(found).toHaveLength(2 * channels);
    found.forEach((value, at) => {
      const maps = plain.subarray(at * height * width, (at + 1) * height * width);
      expect(value).toBeCloseTo(maps.reduce((sum, one) => sum + one, 0) / maps.length, 6);
    });
  });
});

test('the mean of tokens is that of the rounded ones', async () => {
  const { found } = await both('vit-half', TOKENS, 'mean');
  const { layer, plain } = await both('vit-half', TOKENS, 'all');
  const [tokens, , channels] = layer.shape;
  const means = Array.from(found, (_, at) => {
    const [image, channel] = [Math.trunc(at / channels), at % channels];
    const values = Array.from({ length: tokens }, (__, token) => plain[(image * tokens + token) * channels + channel]);
    return values.reduce((sum, value) => sum + value, 0) / tokens;
  });
  found.forEach((value, at) => expect(value).toBeCloseTo(means[at], 6));
});

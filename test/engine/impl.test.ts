import { expect, test } from '@jest/globals';
import { identityFor } from '../../src/engine/impl.js';
import { mobilenetV2 } from '../../src/model/bases/mobilenet-v2.js';
import { resnet50 } from '../../src/model/bases/resnet50.js';
import { vgg16 } from '../../src/model/bases/vgg.js';
import { withInputShape, type Graph, type Layer } from '../../src/model/graph.js';

const onnx = { name: 'onnx', backend: 'cpu', version: '1.30.0', impl: 3 } as const;
const wasm = { name: 'tfjs', backend: 'wasm', version: '4.22.0', impl: 2 } as const;

const sized = (graph: Graph): Graph => withInputShape(graph, [96, 96, 3]);

test('features of networks whose numbers the correction left alone keep their keys', () => {
  const small = withInputShape(vgg16(), [32, 32, 3]);
  expect([sized(mobilenetV2(1)), small].map((graph) => identityFor(onnx, graph).impl)).toEqual([1, 1]);
  expect([vgg16()].map((graph) => identityFor(wasm, sized(graph)).impl)).toEqual([1]);
});

test('convolutions in tiles have keys of their own, on the processor alone', () => {
  const large = (graph: Graph): Graph => withInputShape(graph, [224, 224, 3]);
  const networks = [vgg16(), resnet50(), mobilenetV2(1)].map(large);
  expect(networks.map((graph) => identityFor(onnx, graph).impl)).toEqual([3, 2, 1]);
  const webgpu = { ...onnx, backend: 'webgpu:Adapter' };
  expect(networks.map((graph) => identityFor(webgpu, graph).impl)).toEqual([1, 2, 1]);
});

test('zeros before a pool were wrong with onnxruntime, also with a dropout between them', () => {
  expect(identityFor({ ...onnx, impl: 2 }, sized(resnet50())).impl).toBe(2);
  const common = { trainable: true } as const;
  const layers: Layer[] = [
    { ...common, kind: 'input', name: 'image', inputs: [], shape: [8, 8, 3] },
    {
      ...common,
      kind: 'zero_padding2d',
      name: 'zeros',
      inputs: ['image'],
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
    { ...common, kind: 'dropout', name: 'drop', inputs: ['zeros'], rate: 0.5 },
    {
      ...common,
      kind: 'average_pooling2d',
      name: 'pool',
      inputs: ['drop'],
      poolSize: [3, 3],
      strides: [2, 2],
      padding: 'valid',
    },
  ];
  expect(identityFor(onnx, { name: 'pair', layers }).impl).toBe(2);
});

test('narrow kernels with strides were wrong on WebAssembly alone', () => {
  const layers: Layer[] = [
    { kind: 'input', name: 'image', inputs: [], trainable: true, shape: [8, 8, 3] },
    {
      kind: 'conv2d',
      name: 'narrow',
      inputs: ['image'],
      trainable: true,
      filters: 1,
      kernelSize: [1, 3],
      strides: [2, 2],
      dilation: [1, 1],
      padding: 'same',
      useBias: false,
      activation: 'linear',
    },
  ];
  expect(
    [wasm, { ...wasm, backend: 'cpu' }].map((identity) => identityFor(identity, { name: 'narrow', layers }).impl),
  ).toEqual([2, 1]);
});

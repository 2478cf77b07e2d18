/** A small file in place of a network of the hub: the same input, outputs and shapes, with other weights. */
import { hubBases, type HubName } from '../../../src/core/hub-bases.js';
import { floats, integers, node, port } from '../../cases/onnx-files.js';
import { noise } from '../../keras/noise.js';
import { tinyNetwork } from './tiny-network.js';

/** Numbers after the pooling of {@link tinyNetwork}. */
const POOLED = 4;
/** Tokens of an output that is a list of them. */
const TOKENS = 2;

/** The bytes of an .onnx file that gives what the network of that name gives; `features` makes it another network. */
export function hubNetwork(name: HubName, features = hubBases[name].features): Uint8Array {
  const { output, tokens, size } = hubBases[name];
  const width = tokens === undefined ? features : TOKENS * features;
  const wide = floats('widen', [POOLED, width], [...noise(`hub/${name}`, POOLED * width, -1, 1)]);
  const zeros = floats('zeros', [width], new Array<number>(width).fill(0));
  const named = output === 'auto' ? 'before' : output;
  const flat = tokens === undefined ? named : 'flat';
  const nodes = [
    node({ op: 'GlobalAveragePool', inputs: ['activated'], outputs: ['pooled'] }),
    node({ op: 'Flatten', inputs: ['pooled'], outputs: ['row'] }),
    node({ op: 'Gemm', inputs: ['row', 'widen', 'zeros'], outputs: [flat] }),
    ...(tokens === undefined ? [] : [node({ op: 'Reshape', inputs: [flat, 'rows'], outputs: [named] })]),
    ...(output === 'auto' ? [node({ op: 'Gemm', inputs: [named, 'classes'], outputs: ['logits'] })] : []),
  ];
  const dims = tokens === undefined ? ['batch', features] : ['batch', TOKENS, features];
  return tinyNetwork({
    // DINOv2's files take images of any size.
    size: tokens === undefined ? size : ['height', 'width'],
    ending: {
      nodes,
      outputs: [output === 'auto' ? port('logits', 1, ['batch', 5]) : port(named, 1, dims)],
    },
    extra: [
      wide,
      zeros,
      floats('classes', [features, 5], [...noise('hub/classes', features * 5, -1, 1)]),
      integers('rows', [3], [-1, TOKENS, features]),
    ],
  });
}

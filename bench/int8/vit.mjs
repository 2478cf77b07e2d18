/**
 * A vision transformer with random weights as an .onnx file, in the operators that PyTorch's exporter writes: for times,
 * which do not depend on what weights are.
 */
import { Random } from '../../dist/core/random.js';
import { GraphBuilder } from '../../dist/engine/onnx/builder.js';
import { encodeModel } from '../../dist/engine/onnx/model-file.js';

const sizes = { small: { width: 384, depth: 12, heads: 6 }, tiny: { width: 192, depth: 12, heads: 3 } };

/** The bytes of a ViT of 224 px in patches of 16, without its classifier: in go [N, 3, 224, 224], out come all tokens. */
export function visionTransformer(name) {
  const { width, depth, heads } = sizes[name];
  const tokens = 197;
  const g = new GraphBuilder();
  const random = Random.keyed('vision-transformer', name);
  const tensor = (key, dims, deviation, mean = 0) => {
    const data = new Float32Array(dims.reduce((product, extent) => product * extent, 1));
    for (let i = 0; i < data.length; i++) data[i] = mean + deviation * random.normal();
    return g.constant(key, dims, data);
  };
  const linear = (key, x, from, to) => {
    const product = g.node('MatMul', [x, tensor(`${key}.weight`, [from, to], 1 / Math.sqrt(from))]);
    return g.node('Add', [tensor(`${key}.bias`, [to], 0.02), product]);
  };
  const norm = (key, x) =>
    g.node('LayerNormalization', [x, tensor(`${key}.weight`, [width], 0.2, 1), tensor(`${key}.bias`, [width], 0.05)], {
      axis: { int: -1 },
      epsilon: { float: 1e-6 },
    });
  const shaped = (x, dims) => g.node('Reshape', [x, g.integers(dims)]);
  const turned = (x, ...perm) => g.node('Transpose', [x], { perm: { ints: perm } });
  const part = (x, index) => {
    const [begin, end, axis] = [index * width, (index + 1) * width, 2];
    return g.node('Slice', [x, g.integers([begin]), g.integers([end]), g.integers([axis])]);
  };
  const block = (x, n) => {
    const qkv = linear(`blocks.${n}.attn.qkv`, norm(`blocks.${n}.norm1`, x), width, 3 * width);
    const [q, k, v] = [0, 1, 2].map((index) => shaped(part(qkv, index), [0, tokens, heads, width / heads]));
    const scores = g.node('MatMul', [turned(q, 0, 2, 1, 3), turned(k, 0, 2, 3, 1)]);
    const scaled = g.node('Mul', [scores, g.scalar(1 / Math.sqrt(width / heads))]);
    const mixed = g.node('MatMul', [g.node('Softmax', [scaled], { axis: { int: -1 } }), turned(v, 0, 2, 1, 3)]);
    const joined = shaped(turned(mixed, 0, 2, 1, 3), [0, tokens, width]);
    const attended = g.node('Add', [x, linear(`blocks.${n}.attn.proj`, joined, width, width)]);
    const hidden = linear(`blocks.${n}.mlp.fc1`, norm(`blocks.${n}.norm2`, attended), width, 4 * width);
    const erf = g.node('Erf', [g.node('Div', [hidden, g.scalar(Math.SQRT2)])]);
    const gelu = g.node('Mul', [g.node('Mul', [hidden, g.node('Add', [erf, g.scalar(1)])]), g.scalar(0.5)]);
    return g.node('Add', [attended, linear(`blocks.${n}.mlp.fc2`, gelu, 4 * width, width)]);
  };
  const images = g.input('pixel_values', ['batch', 3, 224, 224]);
  const patches = g.node('Conv', [images, tensor('patch.weight', [width, 3, 16, 16], 0.036)], {
    kernel_shape: { ints: [16, 16] },
    strides: { ints: [16, 16] },
  });
  const listed = turned(shaped(patches, [0, width, tokens - 1]), 0, 2, 1);
  // The class token stands where a zero was put before the patches.
  const padded = g.node('Pad', [listed, g.integers([0, 1, 0, 0, 0, 0])]);
  let x = g.node('Add', [padded, tensor('positions', [1, tokens, width], 0.5)]);
  for (let n = 0; n < depth; n++) x = block(x, n);
  g.output('last_hidden_state', norm('norm', x), ['batch', tokens, width]);
  return encodeModel(g.build(`vit-${name}`));
}

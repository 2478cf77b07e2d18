/** MobileNetV2 without its top (Sandler and others 2018), with the layers of keras/src/applications/mobilenet_v2.py. */
import type { Graph } from '../graph.js';
import { Chain } from './chain.js';

/** Factors on the widths of all layers that Keras publishes weights for. */
export const mobilenetAlphas = [0.35, 0.5, 0.75, 1, 1.3, 1.4] as const;

const normalization = { epsilon: 1e-3, momentum: 0.999 };

/** Groups of blocks: how wide they are before `alpha`, how many there are, and the stride of the first. */
const groups = [
  { filters: 16, blocks: 1, stride: 1 },
  { filters: 24, blocks: 2, stride: 2 },
  { filters: 32, blocks: 3, stride: 2 },
  { filters: 64, blocks: 4, stride: 2 },
  { filters: 96, blocks: 3, stride: 1 },
  { filters: 160, blocks: 3, stride: 2 },
  { filters: 320, blocks: 1, stride: 1 },
] as const;

/**
 * 2,257,984 parameters with `alpha` 1; takes images of any size from 32 x 32 on, 3 channels. Padding before strides is
 * Keras's for an input of unknown size, which fits all sizes that weights are published for.
 */
export function mobilenetV2(alpha: number): Graph {
  const chain = new Chain(`mobilenetv2_${alpha.toFixed(2)}`);
  chain.conv('Conv1', toEights(32 * alpha), 3, { stride: 2, padding: 'same', useBias: false });
  chain.batchNorm('bn_Conv1', normalization);
  chain.activation('Conv1_relu', 'relu6');
  let width = toEights(32 * alpha);
  let index = 0;
  for (const { filters, blocks, stride } of groups) {
    for (let i = 0; i < blocks; i++) {
      const to = toEights(Math.trunc(filters * alpha));
      invertedResidual(chain, index++, { from: width, to, stride: i === 0 ? stride : 1 });
      width = to;
    }
  }
  // Narrower networks keep the width of their last layer, as the paper has it.
  chain.conv('Conv_1', alpha > 1 ? toEights(1280 * alpha) : 1280, 1, { useBias: false });
  chain.batchNorm('Conv_1_bn', normalization);
  chain.activation('out_relu', 'relu6');
  return chain.graph();
}

/** Widens six times (but in the first block), filters each channel, narrows; a shortcut where shapes allow. */
function invertedResidual(
  chain: Chain,
  index: number,
  { from, to, stride }: { from: number; to: number; stride: number },
): void {
  const input = chain.last;
  const prefix = index === 0 ? 'expanded_conv' : `block_${index}`;
  if (index > 0) {
    chain.conv(`${prefix}_expand`, 6 * from, 1, { padding: 'same', useBias: false });
    chain.batchNorm(`${prefix}_expand_BN`, normalization);
    chain.activation(`${prefix}_expand_relu`, 'relu6');
  }
  if (stride === 2) chain.pad(`${prefix}_pad`, 0, 1);
  chain.depthwiseConv(`${prefix}_depthwise`, 3, stride, stride === 2 ? 'valid' : 'same');
  chain.batchNorm(`${prefix}_depthwise_BN`, normalization);
  chain.activation(`${prefix}_depthwise_relu`, 'relu6');
  chain.conv(`${prefix}_project`, to, 1, { padding: 'same', useBias: false });
  const output = chain.batchNorm(`${prefix}_project_BN`, normalization);
  if (from === to && stride === 1) chain.add(`${prefix}_add`, [input, output]);
}

/** The nearest multiple of 8, but never more than a tenth below (Keras's `_make_divisible`). */
function toEights(width: number): number {
  const nearest = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return nearest < 0.9 * width ? nearest + 8 : nearest;
}

/**
 * ResNet50 without its top (He and others 2015; strides as in Keras), with the layers of
 * keras/src/applications/resnet.py.
 */
import type { Graph } from '../graph.js';
import { Chain } from './chain.js';

const normalization = { epsilon: 1.001e-5, momentum: 0.99 };

const stacks = [
  { name: 'conv2', filters: 64, blocks: 3, stride: 1 },
  { name: 'conv3', filters: 128, blocks: 4, stride: 2 },
  { name: 'conv4', filters: 256, blocks: 6, stride: 2 },
  { name: 'conv5', filters: 512, blocks: 3, stride: 2 },
] as const;

/** 23,587,712 parameters; takes images of any size from 32 x 32 on, 3 channels. */
export function resnet50(): Graph {
  const chain = new Chain('resnet50');
  chain.pad('conv1_pad', 3, 3);
  chain.conv('conv1_conv', 64, 7, { stride: 2 });
  chain.batchNorm('conv1_bn', normalization);
  chain.activation('conv1_relu', 'relu');
  chain.pad('pool1_pad', 1, 1);
  chain.maxPool('pool1_pool', 3);
  for (const { name, filters, blocks, stride } of stacks) {
    for (let n = 1; n <= blocks; n++) bottleneck(chain, `${name}_block${n}`, filters, n === 1 ? stride : null);
  }
  return chain.graph();
}

/**
 * Narrows, filters and widens. `stride` is null if the shortcut is the input itself. Layers stand in the order that
 * Keras lists them in, by which weights are matched where names differ.
 */
function bottleneck(chain: Chain, block: string, filters: number, stride: number | null): void {
  const input = chain.last;
  chain.conv(`${block}_1_conv`, filters, 1, { stride: stride ?? 1 });
  chain.batchNorm(`${block}_1_bn`, normalization);
  chain.activation(`${block}_1_relu`, 'relu');
  chain.conv(`${block}_2_conv`, filters, 3, { padding: 'same' });
  chain.batchNorm(`${block}_2_bn`, normalization);
  const filtered = chain.activation(`${block}_2_relu`, 'relu');
  const projected = stride === null ? null : chain.conv(`${block}_0_conv`, 4 * filters, 1, { stride }, input);
  const widened = chain.conv(`${block}_3_conv`, 4 * filters, 1, {}, filtered);
  const shortcut = projected === null ? input : chain.batchNorm(`${block}_0_bn`, normalization, projected);
  const output = chain.batchNorm(`${block}_3_bn`, normalization, widened);
  chain.add(`${block}_add`, [shortcut, output]);
  chain.activation(`${block}_out`, 'relu');
}

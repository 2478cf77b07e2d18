/** VGG16 and VGG19 without their tops (Simonyan and Zisserman 2014, configurations D and E), with Keras's names of layers. */
import type { Graph } from '../graph.js';
import { Chain } from './chain.js';

const widths = [64, 128, 256, 512, 512] as const;

/** 14,714,688 parameters; takes images of any size from 32 x 32 on, 3 channels. */
export function vgg16(): Graph {
  return vgg('vgg16', [2, 2, 3, 3, 3]);
}

/** 20,024,384 parameters; takes images of any size from 32 x 32 on, 3 channels. */
export function vgg19(): Graph {
  return vgg('vgg19', [2, 2, 4, 4, 4]);
}

/** Blocks of 3x3 convolutions, each halved by pooling; `depths` says how many there are in each. */
function vgg(name: string, depths: readonly number[]): Graph {
  const chain = new Chain(name);
  for (const [i, depth] of depths.entries()) {
    const block = `block${i + 1}`;
    for (let n = 1; n <= depth; n++)
      chain.conv(`${block}_conv${n}`, widths[i], 3, { padding: 'same', activation: 'relu' });
    chain.maxPool(`${block}_pool`, 2);
  }
  return chain.graph();
}

/** VGG16 without its top (Simonyan and Zisserman 2014, configuration D), with Keras's names of layers. */
import type { Graph, Layer } from '../graph.js';

/** Blocks of 3x3 convolutions, each halved by pooling: how many, and how wide. */
const blocks = [
  { convolutions: 2, filters: 64 },
  { convolutions: 2, filters: 128 },
  { convolutions: 3, filters: 256 },
  { convolutions: 3, filters: 512 },
  { convolutions: 3, filters: 512 },
] as const;

/** 14,714,688 parameters; takes pictures of any size from 32 x 32 on, 3 channels. */
export function vgg16(): Graph {
  const layers: Layer[] = [{ kind: 'input', name: 'input_1', inputs: [], trainable: true, shape: [null, null, 3] }];
  const next = (name: string) => ({ name, inputs: [layers[layers.length - 1].name], trainable: true });
  for (const [i, { convolutions, filters }] of blocks.entries()) {
    const block = `block${i + 1}`;
    for (let n = 1; n <= convolutions; n++) {
      layers.push({
        ...next(`${block}_conv${n}`),
        kind: 'conv2d',
        filters,
        kernelSize: [3, 3],
        strides: [1, 1],
        dilation: [1, 1],
        padding: 'same',
        useBias: true,
        activation: 'relu',
      });
    }
    layers.push({ ...next(`${block}_pool`), kind: 'max_pooling2d', poolSize: [2, 2], strides: [2, 2], padding: 'valid' });
  }
  return { name: 'vgg16', layers };
}

/** Whether a file's network is the one that the pipeline expects: the architecture that it names, for color images. */
import { failure } from '../../core/problem.js';
import { bases, type Architecture } from '../../model/bases/index.js';
import { differenceFrom } from '../../model/bases/recognize.js';
import type { Graph } from '../../model/graph.js';

/** Throws `invalid` if a file contains a different network: with the wrong preprocessing, its features would only look plausible. */
export function refuseOther(graph: Graph, architecture: Architecture, known: Graph, path: string): void {
  // MobileNetV2 has several widths: that of the file is used.
  const difference = differenceFrom(graph, known, { widths: architecture !== 'mobilenet_v2' });
  if (difference === undefined) return;
  const { found = 'the end of the network', expected = 'the end of the network' } = difference;
  const { preprocessing } = bases[architecture];
  throw failure('invalid', {
    code: 'another-network',
    where: path,
    field: ['architecture'],
    found: `contains a different network than ${architecture}: it has ${found} where ${architecture} has ${expected}`,
    expected: `the layers of ${architecture}`,
    remedy: `write \`architecture: layers_model\` for a network of your own, and \`preprocessing\` as it was trained (${architecture} would imply \`preprocessing: ${preprocessing}\`)`,
  });
}

/** Throws `invalid` if a network's input is not a color image, or its output is not a feature map. */
export function refuseOtherThanImages({ layers }: Graph, path: string): void {
  const [input] = layers;
  if (input.kind !== 'input') throw new Error(`${path} does not begin with an input`);
  const shape = input.shape.map((extent) => extent ?? 'any').join(' x ');
  const wrong = (found: string, remedy: string) =>
    failure('invalid', {
      code: 'base-input',
      where: path,
      field: ['weights'],
      found,
      expected: 'a base that takes images of height x width x 3 (RGB)',
      remedy,
    });
  if (input.shape.length !== 3)
    throw wrong(
      `takes an input of ${shape} (layer ${input.name}), which is not an image`,
      'use a base that was trained on images',
    );
  const channels = input.shape[2];
  if (channels === 3) return;
  const gray =
    'use a base for color images, or save this one with a first layer for 3 channels (in Keras: Conv2D(1, 1, use_bias=False) with the weights 0.299, 0.587, 0.114 turns RGB into gray)';
  const counted = channels === null ? 'any number of channels' : channels === 1 ? '1 channel' : `${channels} channels`;
  throw wrong(
    `takes images with ${counted} (layer ${input.name}: ${shape}), but images are read as RGB, which has 3`,
    channels === 1 ? gray : 'use a base for color images',
  );
}

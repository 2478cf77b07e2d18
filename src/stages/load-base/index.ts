/** load-base: a pretrained network without its top, with layers from code or a file and weights from a file. */
import type { StageDefinition } from '../../core/stage.js';
import { locateWeights } from './source.js';

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 1,
  reads: {},

  // Of the weights' file the content counts, which the survey digests, and never the path. Widths are MobileNetV2's alone.
  relevant: ({ architecture, alpha, preprocessing, weights, seed }) => ({
    architecture,
    ...(architecture === 'mobilenet_v2' ? { alpha } : {}),
    preprocessing: preprocessing ?? null,
    random: weights === 'random' ? seed! : null,
  }),

  async survey(context) {
    const source = await locateWeights(context);
    return { preimage: source.kind === 'random' ? 'random' : { weights: source.digest }, found: source };
  },

  run: async (context) => (await import('./run.js')).runLoadBase(context),
};

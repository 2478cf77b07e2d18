/** load-base: a pretrained network without its top, from code or from a TF.js layers-model. */
import type { StageDefinition } from '../../core/stage.js';
import { locateWeights } from './source.js';

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 1,
  reads: {},

  // Of the weights' file the content counts, which the survey digests, and never the path.
  relevant: ({ architecture, preprocessing, weights, seed }) => ({
    architecture,
    preprocessing: preprocessing ?? null,
    random: weights === 'random' ? seed! : null,
  }),

  async survey(context) {
    const source = await locateWeights(context);
    return { preimage: source.kind === 'random' ? 'random' : { weights: source.digest }, found: source };
  },

  run: async (context) => (await import('./run.js')).runLoadBase(context),
};

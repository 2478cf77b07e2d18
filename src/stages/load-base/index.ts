/** load-base: a pretrained network without its top, from code or from a TF.js layers-model. */
import type { StageDefinition } from '../../core/stage.js';
import type { ModelDocument } from '../../model/document.js';
import { surveyWeights } from './source.js';

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 1,
  reads: {},

  // Of the weights' file the content counts, which the survey tells, and never the path or address.
  relevant: ({ architecture, preprocessing, weights, seed }) => ({
    architecture,
    preprocessing: preprocessing ?? null,
    random: weights === 'random' ? seed! : null,
  }),

  survey: surveyWeights,

  run: async (context) => (await import('./run.js')).runLoadBase(context),

  async resolved({ outputs, readJson }) {
    return { base: (await readJson<ModelDocument>(outputs.model)).base.weights };
  },
};

/** load-base: a pretrained network without its top, with layers from code or a file and weights from a file. */
import type { StageDefinition } from '../../core/stage.js';
import { isModelDocument } from '../../model/document.js';
import { surveyWeights } from './source.js';

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 2,
  reads: {},

  // Of the weights file, only the content is in the key (from the survey), never its path or URL. Widths are MobileNetV2's alone.
  relevant: ({ architecture, alpha, preprocessing, weights, seed }) => ({
    architecture,
    ...(architecture === 'mobilenet_v2' ? { alpha } : {}),
    preprocessing: preprocessing ?? null,
    random: weights === 'random' ? seed! : null,
  }),

  survey: surveyWeights,

  recheck: async (context) => (await import('./own-rescaling.js')).refuseCachedScaling(context),
  run: async (context) => (await import('./run.js')).runLoadBase(context),
  dryRun: async (context) => (await import('./run.js')).simulateLoadBase(context),

  async resolved({ outputs, readJson }) {
    return { base: (await readJson(outputs.model, isModelDocument)).base.weights };
  },
};

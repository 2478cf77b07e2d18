/** load-base: a pretrained network without its top, with layers from code or a file and weights from a file. */
import type { StageDefinition } from '../../core/stage.js';
import type { Json } from '../../core/canonical.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import { isModelDocument } from '../../model/document.js';
import { surveyWeights } from './source.js';

/** The survey has the digest of the file that `from` names, never its path. */
function contentOf(preprocessing: NonNullable<LoadBaseConfig['preprocessing']>): Json {
  if (typeof preprocessing === 'string') return preprocessing;
  const { from: _from, ...written } = preprocessing;
  return written;
}

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 2,
  reads: {},

  // Of the weights file, only the content is in the key (from the survey), never its path or URL. Widths are MobileNetV2's alone.
  relevant: ({ architecture, alpha, preprocessing, weights, seed, output, tokens, input_size: size }) => ({
    architecture,
    ...(architecture === 'mobilenet_v2' ? { alpha } : {}),
    ...(architecture === 'onnx' ? { output: output ?? 'auto', tokens: tokens ?? null, input_size: size ?? null } : {}),
    preprocessing: preprocessing === undefined ? null : contentOf(preprocessing),
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

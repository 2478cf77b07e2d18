/** load-base: a pretrained network without its top, with layers from code or a file and weights from a file. */
import type { StageDefinition } from '../../core/stage.js';
import type { Json } from '../../core/canonical.js';
import { namedOnnxOf } from '../../core/hub-bases.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import { isModelDocument } from '../../model/document.js';
import { resolveEngine } from '../../engine/resolve.js';
import { decoderIdentity } from '../../image/identity.js';
import { CALIBRATION_IMAGES, INT8_IMPL } from './int8-impl.js';
import { ONNX_IMPL } from './onnx-impl.js';
import { refuseCachedScaling } from './own-rescaling.js';
import { surveyWeights, type Source } from './source.js';

/** The survey has the digest of the file that `from` names, never its path. */
function contentOf(preprocessing: NonNullable<LoadBaseConfig['preprocessing']>): Json {
  if (typeof preprocessing === 'string') return preprocessing;
  const { from: _from, ...written } = preprocessing;
  return written;
}

/** What decides the network of an ONNX file. What comes with a name is written out, so that a change of it counts. */
function onnxFields(config: LoadBaseConfig): Readonly<Record<string, Json>> {
  const { architecture, output, tokens, input_size: size } = config;
  if (architecture === 'onnx')
    return { onnx: ONNX_IMPL, output: output ?? 'auto', tokens: tokens ?? null, input_size: size ?? null };
  const hub = namedOnnxOf(architecture);
  if (hub === undefined) return {};
  return {
    onnx: ONNX_IMPL,
    output: output ?? hub.output,
    tokens: tokens ?? hub.tokens ?? null,
    input_size: [...(size ?? hub.size)],
    wants: { mean: [...hub.mean], std: [...hub.std] },
  };
}

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 3,
  reads: { data: ['spec', 'samples'] },

  // Of the weights file, only the content is in the key (from the survey), never its path or URL. Widths are MobileNetV2's alone.
  relevant: (config) => ({
    architecture: config.architecture,
    ...(config.architecture === 'mobilenet_v2' ? { alpha: config.alpha } : {}),
    ...onnxFields(config),
    preprocessing: config.preprocessing === undefined ? null : contentOf(config.preprocessing),
    random: config.weights === 'random' ? config.seed! : null,
    ...(config.precision === 'int8'
      ? { precision: 'int8', int8: INT8_IMPL, images: CALIBRATION_IMAGES, seed: config.seed! }
      : {}),
  }),

  // Without images, neither decoder nor engine decides anything.
  environment: (_settings, { precision }) =>
    precision === 'int8' ? ({ engine: { ...resolveEngine('onnx') }, decoder: { ...decoderIdentity() } } as Json) : null,

  survey: surveyWeights,
  runsFirst: (found) => (found as Source).kind === 'download',

  recheck: refuseCachedScaling,
  run: async (context) => (await import('./run.js')).runLoadBase(context),
  dryRun: async (context) => (await import('./run.js')).simulateLoadBase(context),

  async resolved({ outputs, readJson }) {
    return { base: (await readJson(outputs.model, isModelDocument)).base.weights };
  },
};

/** Checks what the stages mean together, without looking at any data; `folders.ts` has the rules that do. */
import type { Problem } from '../../core/problem.js';
import { basePreprocessing, baseWeights, baseVariant } from './bases.js';
import { onnxExports, onnxFields, onnxFreezeStage, onnxFrozen } from './onnx-bases.js';
import { exportFolders } from './exports.js';
import { layerOrder, lossFitsHead, headEnding } from './heads.js';
import { classesOnce, labelFields, patterns } from './labels.js';
import type { LintContext } from './lineage.js';
import { pinnedOrigins } from './origins.js';
import { classWeightsOfTask, limitOfTask, lossOfTask, monitorsOfTask, labelsOfTask, thresholdOfTask } from './tasks.js';
import { fineTuningRate, unmeasuredMonitors, freezeWithFrom, ratesAndLimits } from './trainings.js';
import { fitFields, rangeOrder, rescaleFactor, splitShares } from './values.js';

type Rule = (context: LintContext) => Problem[];

const rules: readonly Rule[] = [
  rangeOrder,
  rescaleFactor,
  splitShares,
  fitFields,
  classesOnce,
  labelFields,
  patterns,
  pinnedOrigins,
  baseWeights,
  baseVariant,
  basePreprocessing,
  onnxFields,
  onnxFrozen,
  onnxFreezeStage,
  onnxExports,
  layerOrder,
  headEnding,
  lossFitsHead,
  lossOfTask,
  classWeightsOfTask,
  monitorsOfTask,
  thresholdOfTask,
  limitOfTask,
  labelsOfTask,
  ratesAndLimits,
  unmeasuredMonitors,
  freezeWithFrom,
  exportFolders,
];

const warnings: readonly Rule[] = [fineTuningRate];

/** What has to be put right before anything runs. */
export function lint(context: LintContext): Problem[] {
  return rules.flatMap((rule) => rule(context));
}

/** What works, and is likely not meant. */
export function warningsOf(context: LintContext): Problem[] {
  return warnings.flatMap((rule) => rule(context));
}

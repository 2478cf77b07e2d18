/** The compiled schemas, typed. Validating fills in defaults. */
import type { ValidateFunction } from 'ajv';
import type { PipelineConfig, StageConfigs, StageKind, TrustConfig } from '../core/schema-types.js';
import { validators } from './compiled-validators.js';

const compiled: Readonly<Record<string, unknown>> = validators;

/** Checks the file but for its stages. */
export const projectValidator = compiled.project as ValidateFunction<PipelineConfig>;

/** Checks pipeline.trust.yaml. */
export const trustValidator = compiled.trust as ValidateFunction<TrustConfig>;

/** Checks the config of one stage. */
export function stageValidator(kind: StageKind): ValidateFunction<StageConfigs[StageKind]> {
  return compiled[kind] as ValidateFunction<StageConfigs[StageKind]>;
}

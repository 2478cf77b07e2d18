/** Compiled schemas. A kind is compiled when a pipeline first uses it, because compiling takes longer than validating. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { PipelineConfig, StageConfigs, StageKind } from '../core/schema-types.js';
import { projectSchema, stageSchema } from './schemas.js';

/** Marks of ours that say nothing about what is valid. */
const marks = ['x-affects-output', 'x-path', 'x-reference', 'x-provides'];

const ajv = new Ajv2020({
  allErrors: true,
  useDefaults: true,
  // Errors carry the value and its schema, which messages are worded from.
  verbose: true,
  strict: true,
  // The branches of an `if` take their type from its condition, which this check does not see.
  strictTypes: false,
  // The schemas are checked by the tests, not at every start.
  validateSchema: false,
});
for (const keyword of marks) ajv.addKeyword({ keyword });

let project: ValidateFunction<PipelineConfig> | undefined;
const stages = new Map<StageKind, ValidateFunction<StageConfigs[StageKind]>>();

/** Checks the file but for its stages, filling in defaults. */
export function projectValidator(): ValidateFunction<PipelineConfig> {
  project ??= ajv.compile<PipelineConfig>(projectSchema());
  return project;
}

/** Checks the config of one stage, filling in defaults. */
export function stageValidator(kind: StageKind): ValidateFunction<StageConfigs[StageKind]> {
  const known = stages.get(kind);
  if (known !== undefined) return known;
  const compiled = ajv.compile<StageConfigs[StageKind]>(stageSchema(kind));
  stages.set(kind, compiled);
  return compiled;
}

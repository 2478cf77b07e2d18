/** Checks a parsed pipeline against the schemas: first the file but for its stages, then each stage by its kind. */
import type { Problem } from '../core/problem.js';
import type { PipelineConfig, StageConfigs, StageKind } from '../core/schema-types.js';
import { kindOf, unknownKind } from './kinds.js';
import type { Locator } from './locator.js';
import { copyMapping, isMapping, type Mapping, newMapping } from './values.js';
import { schemaProblems } from './schema-problems.js';
import { projectSchema, stageSchema } from './schemas.js';
import { fillShortDefaults, leaveOutPublished, writeOut } from './shorthand.js';
import { meantField } from './unknown-field.js';
import { projectValidator, stageValidator } from './validators.js';

/** A stage of the file, checked or not. */
export interface DraftStage {
  readonly name: string;
  /** Undefined if it is unknown. */
  readonly kind: StageKind | undefined;
  /** What the file says, whatever that is. */
  readonly written: Mapping;
  /**
   * The checked config with its defaults, without fields that mean nothing; undefined if there are other problems with
   * it.
   */
  readonly config: StageConfigs[StageKind] | undefined;
}

export interface Draft {
  /** Undefined if there are problems with it. */
  readonly project: PipelineConfig | undefined;
  readonly stages: readonly DraftStage[];
  readonly problems: readonly Problem[];
}

/** Writes the short names of the file and of all stages out. */
export function writeOutShort(pipeline: Mapping): void {
  const { engine, stages } = pipeline;
  const schema = projectSchema();
  if (engine !== undefined) pipeline.engine = writeOut(engine, schema.properties!.engine, schema);
  if (!isMapping(stages)) return;
  for (const [name, stage] of Object.entries(stages)) {
    const kind = kindOf(name, stage);
    if (kind === undefined) continue;
    const written = writeOut(stage, stageSchema(kind), stageSchema(kind));
    if (kind === 'load-base') leaveOutPublished(written);
    stages[name] = written;
  }
}

/** Checks everything that one stage or the file's head can have wrong by itself. Fills in defaults in place. */
export function validate(pipeline: Mapping, locator: Locator): Draft {
  const project = validateProject(pipeline, locator);
  const stages = isMapping(pipeline.stages) ? Object.entries(pipeline.stages) : [];
  const checked = stages.map(([name, stage]) => validateStage(name, stage, locator));
  return {
    project: project.value,
    stages: checked.map(({ stage }) => stage),
    problems: [...project.problems, ...checked.flatMap(({ problems }) => problems)],
  };
}

function validateProject(
  pipeline: Mapping,
  locator: Locator,
): { value?: PipelineConfig; problems: readonly Problem[] } {
  const isValid = projectValidator;
  const value: unknown = pipeline;
  if (isValid(value)) return { value, problems: [] };
  return { problems: schemaProblems(isValid.errors ?? [], { schema: projectSchema(), path: [], locator }) };
}

function validateStage(
  name: string,
  value: unknown,
  locator: Locator,
): { stage: DraftStage; problems: readonly Problem[] } {
  const kind = kindOf(name, value);
  const written = isMapping(value) ? value : newMapping();
  if (kind === undefined) {
    return { stage: { name, kind, written, config: undefined }, problems: [unknownKind(name, value, locator)] };
  }
  const schema = stageSchema(kind);
  fillShortDefaults(written, schema);
  const isValid = stageValidator(kind);
  if (isValid(value)) return { stage: { name, kind, written, config: value }, problems: [] };
  const problems = schemaProblems(isValid.errors ?? [], { schema, path: ['stages', name], locator });
  return { stage: { name, kind, written, config: withoutStrangers(written, kind) }, problems };
}

/**
 * The config without fields that stand for nothing, such as `lr` of a training: the rules look at the rest, so that all
 * problems are reported at once. A misspelled field is missed at its right name, where a rule would see a default.
 */
function withoutStrangers(written: Mapping, kind: StageKind): StageConfigs[StageKind] | undefined {
  const names = Object.keys(stageSchema(kind).properties ?? {});
  const rest = copyMapping(written);
  for (const field of Object.keys(written))
    if (!names.includes(field) && meantField(field, names) === undefined) delete rest[field];
  const value: unknown = rest;
  const isValid = stageValidator(kind);
  return isValid(value) ? value : undefined;
}

/** Checks a parsed pipeline as a whole: schemas, references, and what the stages mean together. */
import type { Problem } from '../core/problem.js';
import type { PipelineConfig } from '../core/schema-types.js';
import { type FolderReader, lintAgainstFolders } from './lint/folders.js';
import { lintBaseImages } from './lint/base-images.js';
import { crossValidation } from './lint/cross-validation.js';
import { lint, warningsOf } from './lint/index.js';
import { engineDevice } from './lint/engine-device.js';
import { onnxEngine } from './lint/onnx-bases.js';
import { exportsWithoutFormats, fillFormats } from './export-formats.js';
import type { Stage } from './pipeline.js';
import type { Locator } from './locator.js';
import type { Mapping } from './values.js';
import { type References, resolveReferences } from './references.js';
import { type DraftStage, validate } from './validate.js';

export interface Checked {
  /** Undefined if there are problems with it. */
  readonly project: PipelineConfig | undefined;
  /** The stages that are valid by themselves. */
  readonly stages: readonly Stage[];
  readonly problems: readonly Problem[];
  /** The pipeline can run despite these. */
  readonly warnings: readonly Problem[];
}

/** What a check knows besides the pipeline. */
export interface Surroundings {
  /** The base of relative paths that are read. */
  readonly root: string;
  /** The base of relative paths that are written. */
  readonly home: string;
  readonly foldersOf: FolderReader;
}

/** Checks everything, folders of images included, and fills in defaults in place. */
export function check(pipeline: Mapping, locator: Locator, { root, home, foldersOf }: Surroundings): Checked {
  const withoutFormats = exportsWithoutFormats(pipeline);
  const draft = validate(pipeline, locator);
  const { references, problems: referenceProblems } = resolveReferences(draft.stages, locator);
  const stages = draft.stages.flatMap((stage) => checkedStage(stage, references));
  fillFormats(stages, withoutFormats);
  const context = { stages, locator, root, home };
  const folders = lintAgainstFolders(context, foldersOf);
  const images = lintBaseImages(context);
  const problems = [
    ...draft.problems,
    ...referenceProblems,
    ...lint(context),
    ...crossValidation(context, draft.project),
    ...onnxEngine(context, draft.project?.engine.name),
    ...engineDevice(context, draft.project?.engine),
    ...images.problems,
    ...folders.problems,
  ];
  const warnings = problems.length > 0 ? [] : [...warningsOf(context), ...images.warnings, ...folders.warnings];
  return { project: draft.project, stages, problems, warnings };
}

function checkedStage({ name, kind, config }: DraftStage, references: References): Stage[] {
  if (kind === undefined || config === undefined) return [];
  return [{ name, kind, config, references: references.get(name) ?? {} }];
}

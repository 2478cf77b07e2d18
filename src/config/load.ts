/** From a YAML file to a checked pipeline. */
import { basename, extname, resolve } from 'node:path';
import type { RememberedFolders } from '../core/folder-entries.js';
import { failure, PipelineError, type Problem } from '../core/problem.js';
import type { PipelineConfig } from '../core/schema-types.js';
import { checkCombinations, type CheckedMatrix } from './check-matrix.js';
import { withFolds } from './folds.js';
import { leavesProject } from './lint/exports.js';
import { folderReader } from './lint/folders.js';
import { movesOf, readMatrix } from './matrix.js';
import { applyOverrides } from './overrides.js';
import type { Pipeline } from './pipeline.js';
import { Locator } from './locator.js';
import { isMapping, type Mapping } from './values.js';
import { pipelineNameOf, pipelinePlaceOf, type PipelinePlace } from './project-root.js';
import { readSource } from './source.js';
import { writeOutShort } from './validate.js';
import { showValue } from './words.js';
import { type ParsedYaml, parseYaml } from './yaml.js';

export interface LoadOptions {
  /** Values to change, `stages.train.epochs=10`, in order. */
  readonly set?: readonly string[];
  /** Where relative paths of the call start from: the file itself, and paths among the values set. */
  readonly cwd?: string;
  /** What is remembered of folders in the project at a place. */
  readonly remembered?: (place: PipelinePlace) => RememberedFolders | undefined;
  /** The text of a file that is on another machine, and where the project is on this one. */
  readonly given?: { readonly text: string; readonly place: PipelinePlace };
}

/**
 * Loads a pipeline file. Throws a failure with all problems at once, ordered by position: `invalid`; `unsafe` if
 * nothing is wrong but what could do harm; `input-output` if the file cannot be read.
 */
export async function loadPipeline(
  file: string,
  { set = [], cwd = process.cwd(), remembered: rememberedIn, given }: LoadOptions = {},
): Promise<Pipeline> {
  const path = resolve(cwd, file);
  const text = given?.text ?? (await readSource(path));
  const source = parseYaml(text, path);
  const written = pipelineOf(source, path);
  // Short names first, so that `optimizer.adam.learning_rate` can be set on `optimizer: adam`; then those just set.
  writeOutShort(written);
  const { applied, problems: setProblems } = applyOverrides(written, set, cwd);
  writeOutShort(written);

  const locator = new Locator(source, applied);
  const place = given?.place ?? pipelinePlaceOf(path, resolve(cwd));
  const { root, home } = place;
  const remembered = rememberedIn?.(place);
  const { axes, problems: matrixProblems } = readMatrix(written, locator, applied);
  const checked = checkCombinations(written, axes, locator, { root, home, foldersOf: folderReader(root, remembered) });
  const problems = [...source.problems, ...setProblems, ...matrixProblems, ...checked.problems];
  if (problems.length > 0 || checked.project === undefined) throw refusal(problems);
  return finish(checked.project, checked, { place, locator, source: { text, set }, remembered });
}

const smallestExample = 'start with:\nversion: 1\nstages:\n  ingest:\n    source: pictures';

function pipelineOf(source: ParsedYaml, file: string): Mapping {
  if (isMapping(source.value)) return source.value;
  if (source.value === null) {
    const found = 'the file is empty';
    throw failure('invalid', {
      code: 'empty-file',
      where: file,
      found,
      expected: 'a pipeline',
      remedy: smallestExample,
    });
  }
  const found = `the file contains ${showValue(source.value)}`;
  const expected = 'a mapping with `version`, `stages` and other fields, each followed by `:`';
  throw failure('invalid', {
    code: 'no-pipeline',
    position: source.locate([]),
    found,
    expected,
    remedy: smallestExample,
  });
}

function refusal(problems: readonly Problem[]): PipelineError {
  const category = problems.every((problem) => problem.code === leavesProject) ? 'unsafe' : 'invalid';
  return new PipelineError(category, [...problems].sort(byPosition));
}

/** By line and column; what has no position, such as a `--set`, comes last. */
function byPosition(a: Problem, b: Problem): number {
  const line = (problem: Problem) => problem.position?.line ?? Infinity;
  const column = (problem: Problem) => problem.position?.column ?? Infinity;
  if (line(a) !== line(b)) return line(a) < line(b) ? -1 : 1;
  return column(a) === column(b) ? 0 : column(a) - column(b);
}

/** What is known about a file besides its content. */
interface FileFacts extends Pick<Pipeline, 'source' | 'remembered'> {
  readonly place: PipelinePlace;
  readonly locator: Locator;
}

function finish(
  project: PipelineConfig,
  { stages: single, variants: made, warnings }: CheckedMatrix,
  { place, source, locator, remembered }: FileFacts,
): Pipeline {
  const { cross_validation: crossValidation } = project;
  const expansion = { stages: single, variants: made };
  const { stages, variants } = crossValidation === undefined ? expansion : withFolds(expansion, crossValidation);
  return {
    name: project.name ?? pipelineNameOf(basename(place.file, extname(place.file))),
    ...place,
    source,
    seed: project.seed,
    engine: project.engine.name,
    device: { name: project.engine.device, fallback: project.engine.fallback },
    features: project.features,
    ...(remembered && { remembered }),
    ...(project.cache && { cache: project.cache }),
    stages,
    variants,
    warnings: [...warnings].sort(byPosition),
    locator: locator.withVariants(
      new Map([...variants].map(([name, { base, combination }]) => [name, { base, moves: movesOf(combination) }])),
    ),
  };
}

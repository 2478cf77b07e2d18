/** Rules that compare what a pipeline says of its classes with the folders of pictures, where those can be listed. */
import type { Problem } from '../../core/problem.js';
import { nameOf } from '../../core/source.js';
import { sourceFolders, type SourceFolders } from '../class-folders.js';
import { distinct } from '../combined.js';
import type { Pipeline, Stage } from '../pipeline.js';
import { didYouMean, listed } from '../words.js';
import { endingOf, pathOfLayer } from './heads.js';
import { nearestOf, stagesOf, trainings } from './lineage.js';
import { emptyFolders, problemAt, testProblems } from './sources.js';

/** The classes of an ingest stage. */
interface Classes {
  readonly names: readonly string[];
  /** For messages: `` `pictures` has 3 classes (birds, cats, dogs) ``. */
  readonly told: string;
}

export interface FolderProblems {
  readonly problems: readonly Problem[];
  /** What runs all the same, and is likely not meant. */
  readonly warnings: readonly Problem[];
}

/**
 * Problems of classes that have no folder, of heads, losses and class weights that do not fit the classes, and of evaluations
 * on test pictures where there can be none; warnings of empty folders. Only folder names are read; where that is not possible
 * nothing is said, because the ingest stage tells what is wrong with its source.
 */
export async function lintAgainstFolders(pipeline: Pipeline): Promise<FolderProblems> {
  const sources = new Map<string, SourceFolders>();
  for (const { name, config } of stagesOf(pipeline.stages, 'ingest')) {
    const folders = await sourceFolders(pipeline.root, config.source);
    if (folders !== undefined) sources.set(name, folders);
  }
  const problems = [...classProblems(pipeline, sources), ...testProblems(pipeline, sources)];
  // Variants of a stage share its problems.
  return { problems: distinct(problems), warnings: distinct(emptyFolders(pipeline, sources)) };
}

function classProblems(pipeline: Pipeline, sources: ReadonlyMap<string, SourceFolders>): Problem[] {
  const classes = new Map<string, Classes>();
  const problems: Problem[] = [];
  for (const ingest of stagesOf(pipeline.stages, 'ingest')) {
    const folders = sources.get(ingest.name)?.classes;
    const names = ingest.config.classes ?? folders;
    // One class alone is told by ingest, with what to do about it.
    if (names === undefined || names.length < 2) continue;
    classes.set(ingest.name, { names, told: toldOf(ingest, names) });
    if (ingest.config.classes !== undefined && folders !== undefined) {
      problems.push(...missingFolders(pipeline, ingest, ingest.config.classes, folders));
    }
  }
  for (const head of stagesOf(pipeline.stages, 'build-head')) {
    const ingest = nearestOf(pipeline.stages, head, 'data', 'ingest');
    const known = ingest && classes.get(ingest.name);
    if (known !== undefined) problems.push(...unitsProblem(pipeline, head, known));
  }
  for (const { train, head, ingest } of trainings(pipeline.stages)) {
    const known = ingest && classes.get(ingest.name);
    if (known === undefined) continue;
    problems.push(...classifierLoss(pipeline, train, head, known), ...unknownWeights(pipeline, train, known));
  }
  return problems;
}

function toldOf(ingest: Stage<'ingest'>, names: readonly string[]): string {
  const shown = names.length > 6 ? `${names.slice(0, 6).join(', ')}, ...` : names.join(', ');
  const { source, classes } = ingest.config;
  const origin = classes === undefined ? `\`${nameOf(source)}\` has` : `\`classes\` of \`${ingest.name}\` names`;
  return `${origin} ${names.length} classes (${shown})`;
}

function missingFolders(
  pipeline: Pipeline,
  ingest: Stage<'ingest'>,
  names: readonly string[],
  folders: readonly string[],
): Problem[] {
  return names.flatMap((name, index) => {
    if (folders.includes(name)) return [];
    return problemAt(pipeline, ['stages', ingest.name, 'classes', index], {
      code: 'class-without-folder',
      found: `there is no folder for the class \`${name}\` in \`${nameOf(ingest.config.source)}\``,
      expected: `one of the folders ${listed(folders, 'or')}`,
      remedy: didYouMean(name, folders),
    });
  });
}

/** One sigmoid unit tells two classes apart; a softmax has a unit for each. */
function unitsProblem(pipeline: Pipeline, head: Stage<'build-head'>, { names, told }: Classes): Problem[] {
  const ending = endingOf(head.config.layers);
  if (ending.kind !== 'sigmoid' && ending.kind !== 'softmax') return [];
  const { kind, units, denseAt } = ending;
  if (units === undefined || denseAt === undefined) return [];
  const fits = kind === 'sigmoid' ? names.length === 2 : units === names.length;
  if (fits) return [];
  return [
    problemAt(pipeline, pathOfLayer(head, denseAt), {
      code: 'units-do-not-fit-classes',
      found: `the head ends in ${units} ${kind} unit${units === 1 ? '' : 's'}, but ${told}`,
      expected: names.length === 2 ? '1 sigmoid unit, or 2 softmax units' : `${names.length} softmax units`,
      remedy: 'write `classifier` instead: it fits the classes',
    }),
  ];
}

/** A `classifier` is a sigmoid for two classes and a softmax otherwise; a loss that is written out has to follow it. */
function classifierLoss(
  pipeline: Pipeline,
  train: Stage<'train'>,
  head: Stage<'build-head'> | undefined,
  { names, told }: Classes,
): Problem[] {
  if (head === undefined || endingOf(head.config.layers).kind !== 'classifier' || train.config.loss === 'auto') return [];
  const fitting = names.length === 2 ? 'binary_crossentropy' : 'categorical_crossentropy';
  if (train.config.loss === fitting) return [];
  return [
    problemAt(pipeline, ['stages', train.name, 'loss'], {
      code: 'loss-does-not-fit-classes',
      found: `\`${train.config.loss}\` does not fit \`classifier\`: ${told}`,
      expected: `\`${fitting}\`, or \`auto\`, which follows the classes`,
      remedy: 'write `loss: auto`',
    }),
  ];
}

function unknownWeights(pipeline: Pipeline, train: Stage<'train'>, { names, told }: Classes): Problem[] {
  const weights = train.config.class_weight;
  if (weights === undefined || typeof weights === 'string') return [];
  return Object.keys(weights).flatMap((name) => {
    if (names.includes(name)) return [];
    return problemAt(pipeline, ['stages', train.name, 'class_weight', name], {
      code: 'unknown-class',
      found: `\`class_weight\` names \`${name}\`, but ${told}`,
      expected: `one of ${listed(names, 'or')}`,
      remedy: didYouMean(name, names),
    });
  });
}

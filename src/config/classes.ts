/** Compares what a pipeline says of its classes with the folders of pictures, where those can be listed. */
import { opendir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import type { Problem } from '../core/problem.js';
import { nameOf, pathOf, type Place } from '../core/source.js';
import { isSplitFolder } from '../core/split-folders.js';
import { distinct } from './combined.js';
import { endingOf, pathOfLayer } from './lint/heads.js';
import { nearestOf, stagesOf, trainings } from './lint/lineage.js';
import type { FieldPath, Pipeline, Stage } from './pipeline.js';
import { didYouMean, listed, showPath } from './words.js';

/** The classes of an ingest stage. */
interface Classes {
  readonly names: readonly string[];
  /** `"pictures" has 3 class folders`, for messages. */
  readonly told: string;
}

/**
 * Problems of heads whose units do not fit the number of classes, and of classes that have no folder. Only folder names
 * are read; where that is not possible nothing is said, because the ingest stage tells what is wrong with its source.
 */
export async function checkHeadAgainstFolders(pipeline: Pipeline): Promise<Problem[]> {
  const classes = new Map<string, Classes>();
  const problems: Problem[] = [];
  for (const ingest of stagesOf(pipeline.stages, 'ingest')) {
    const folders = await classFolders(pipeline.root, ingest.config.source);
    const names = ingest.config.classes ?? folders;
    if (names === undefined) continue;
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
  // Variants of a stage share its problems.
  return distinct(problems);
}

function toldOf(ingest: Stage<'ingest'>, names: readonly string[]): string {
  const shown = names.length > 6 ? `${names.slice(0, 6).join(', ')}, ...` : names.join(', ');
  const { source, classes } = ingest.config;
  const origin = classes === undefined ? `\`${nameOf(source)}\` has` : `\`classes\` of \`${ingest.name}\` names`;
  return `${origin} ${names.length} classes (${shown})`;
}

const trainingFolder = 'train';

/** Names of the class folders of a source, as ingest finds them; undefined where they cannot be told. */
async function classFolders(root: string, place: Place): Promise<string[] | undefined> {
  const path = pathOf(place);
  if (path === undefined) return undefined;
  const source = resolve(root, path);
  try {
    const top = await subfolders(source);
    const isSplit = top.some(isSplitFolder);
    if (isSplit && !top.includes(trainingFolder)) return undefined;
    const folder = isSplit ? join(source, trainingFolder) : source;
    const names = isSplit ? await subfolders(folder) : top;
    // One without files may hold some further down, or be no class.
    const filled = await Promise.all(names.map((name) => holdsFile(join(folder, name))));
    return names.length > 0 && filled.every(Boolean) ? names : undefined;
  } catch {
    return undefined;
  }
}

/** Links are not followed. */
async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort(compareCodePoints);
}

/** Whether a file lies in the folder itself; it is read no further than that takes. */
async function holdsFile(folder: string): Promise<boolean> {
  for await (const entry of await opendir(folder)) {
    if (entry.isFile() && !entry.name.startsWith('.')) return true;
  }
  return false;
}

function problemAt(pipeline: Pipeline, path: FieldPath, problem: Problem): Problem {
  const position = pipeline.locate(path);
  return { ...(position === undefined ? { where: showPath(path) } : { position }), ...problem };
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

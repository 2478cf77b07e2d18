/** Rules that compare what a pipeline says about its classes with the folders of images, if those can be listed. */
import { classNameOf } from '../../core/class-layout.js';
import type { RememberedFolders } from '../../core/folder-entries.js';
import { classNamesOf, type NamedLabel } from '../../core/class-names.js';
import { classifierOf, endingFault, endingOf, lossOf, unitsFault } from '../../core/head-rules.js';
import { nameList, plainNames } from '../../core/text/names.js';
import type { Problem } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { nameOf } from '../../core/source.js';
import { isMetadata, splitPaths } from '../../core/split-tables.js';
import { sourceFolders, type SourceFolders } from '../class-folders.js';
import type { Stage } from '../pipeline.js';
import { didYouMean } from '../words.js';
import { pathOfLayer } from './heads.js';
import { type LintContext, nearestOf, stagesOf, trainings } from './lineage.js';
import { taskOf } from './tasks.js';
import { emptyFolders, testProblems } from './sources.js';

/** The classes of an ingest stage. */
interface Classes {
  readonly names: readonly string[];
  /** For messages: `` `pictures` has 3 classes (birds, cats, dogs) ``. */
  readonly description: string;
}

export interface FolderProblems {
  readonly problems: readonly Problem[];
  /** What runs anyway, but is probably a mistake. */
  readonly warnings: readonly Problem[];
}

/**
 * Problems of classes that have no folder, of heads, losses and class weights that do not fit the classes, and of
 * evaluations on test images where there can be none; warnings of empty folders. Only folder names are read. If that is
 * not possible, nothing is reported, because the ingest stage reports what is wrong with its source.
 */
export function lintAgainstFolders(context: LintContext, foldersOf: FolderReader): FolderProblems {
  const sources = new Map<string, SourceFolders>();
  for (const { name, config } of stagesOf(context.stages, 'ingest')) {
    // Labels that are elsewhere make no folder a class.
    const folders = typeof config.labels === 'object' ? undefined : foldersOf(config);
    if (folders !== undefined && !hasSplitTables(config, folders)) sources.set(name, folders);
  }
  const problems = [...classProblems(context, sources), ...testProblems(context, sources)];
  return { problems, warnings: emptyFolders(context, sources) };
}

/** Whether ingest reads the labels from tables in the split folders, as none of the folders are classes. */
function hasSplitTables({ labels }: IngestConfig, { layout, root }: SourceFolders): boolean {
  if (labels !== undefined || layout.classes.length >= 2) return false;
  return [...splitPaths(layout).keys()].some((path) => root.at(path.split('/'))?.fileNames().some(isMetadata));
}

/** Lists the folders of an ingest stage's source; undefined if they cannot be listed. */
export type FolderReader = (config: Pick<IngestConfig, 'source' | 'split_folders'>) => SourceFolders | undefined;

/** A reader that lists each source once: the combinations of a matrix share most of them. */
export function folderReader(root: string, remembered?: RememberedFolders): FolderReader {
  const known = new Map<string, SourceFolders | undefined>();
  return ({ source, split_folders }) => {
    const name = JSON.stringify([source, split_folders]);
    if (!known.has(name)) known.set(name, sourceFolders(root, source, split_folders, remembered));
    return known.get(name);
  };
}

function classProblems(context: LintContext, sources: ReadonlyMap<string, SourceFolders>): Problem[] {
  const classes = new Map<string, Classes>();
  const problems: Problem[] = [];
  for (const ingest of stagesOf(context.stages, 'ingest')) {
    const folders = sources.get(ingest.name)?.classes;
    const named = classNamesOf(ingest.config);
    const names = named.names ?? folders?.filter((folder) => named.of(folder) !== undefined);
    // Ingest reports a single class, with what to do about it.
    if (names === undefined || names.length < 2) continue;
    classes.set(ingest.name, { names, description: describeClasses(ingest, names) });
    if (folders !== undefined) problems.push(...missingFolders(context, ingest, named.labels, folders));
  }
  for (const head of stagesOf(context.stages, 'build-head')) {
    const ingest = nearestOf(context.stages, head, 'data', 'ingest');
    const known = ingest && classes.get(ingest.name);
    if (known !== undefined) problems.push(...unitsProblem(context, head, known));
  }
  for (const { train, head, ingest } of trainings(context.stages)) {
    const known = ingest && classes.get(ingest.name);
    if (known === undefined) continue;
    problems.push(...classifierLoss(context, train, head, known), ...unknownWeights(context, train, known));
  }
  return problems;
}

function describeClasses(ingest: Stage<'ingest'>, names: readonly string[]): string {
  const { source, classes } = ingest.config;
  const origin = classes === undefined ? `\`${nameOf(source)}\` has` : `\`classes\` of \`${ingest.name}\` names`;
  return `${origin} ${names.length} classes (${plainNames(names)})`;
}

function missingFolders(
  { locator }: LintContext,
  ingest: Stage<'ingest'>,
  labels: readonly NamedLabel[],
  folders: readonly string[],
): Problem[] {
  return labels.flatMap(({ label, field }) => {
    if (folders.includes(label)) return [];
    return [
      {
        code: 'class-without-folder',
        ...locator.at(['stages', ingest.name, ...field]),
        found: `there is no folder for the class \`${label}\` in \`${nameOf(ingest.config.source)}\``,
        expected: `one of the folders ${nameList(folders, 'or')}`,
        remedy: didYouMean(label, folders),
      },
    ];
  });
}

/** A head that is written out has to fit the classes. */
function unitsProblem(context: LintContext, head: Stage<'build-head'>, { names, description }: Classes): Problem[] {
  const task = taskOf(context, head);
  const ending = endingOf(head.config.layers);
  // An ending that fits no classes at all is reported by itself.
  if (ending.kind === 'classifier' || ending.kind === 'other' || endingFault(head.config.layers, task)) return [];
  const { kind, units, denseAt } = ending;
  if (units === undefined || denseAt === undefined) return [];
  const fault = unitsFault({ units, activation: kind }, names.length, description, task);
  if (fault === undefined) return [];
  return [{ code: 'units-do-not-fit-classes', ...fault, ...context.locator.at(pathOfLayer(head, denseAt)) }];
}

/** A `classifier` is a sigmoid for two classes and a softmax otherwise; a loss that is written out has to follow it. */
function classifierLoss(
  context: LintContext,
  train: Stage<'train'>,
  head: Stage<'build-head'> | undefined,
  { names, description }: Classes,
): Problem[] {
  if (head === undefined || endingOf(head.config.layers).kind !== 'classifier' || train.config.loss === 'auto')
    return [];
  // The rules of tasks report this without looking at folders.
  if (taskOf(context, head) === 'multilabel') return [];
  const fitting = lossOf[classifierOf(names.length, undefined).activation];
  if (train.config.loss === fitting) return [];
  return [
    {
      code: 'loss-does-not-fit-classes',
      ...context.locator.at(['stages', train.name, 'loss']),
      found: `\`${train.config.loss}\` does not fit \`classifier\`: ${description}`,
      expected: `\`${fitting}\`, or \`auto\`, which follows the classes`,
      remedy: 'write `loss: auto`',
    },
  ];
}

function unknownWeights({ locator }: LintContext, train: Stage<'train'>, { names, description }: Classes): Problem[] {
  const weights = train.config.class_weight;
  if (weights === undefined || typeof weights === 'string') return [];
  return Object.keys(weights).flatMap((name) => {
    if (names.includes(classNameOf(name))) return [];
    return [
      {
        code: 'unknown-class',
        ...locator.at(['stages', train.name, 'class_weight', name], 'key'),
        found: `\`class_weight\` names \`${name}\`, but ${description}`,
        expected: `one of ${nameList(names, 'or')}`,
        remedy: didYouMean(name, names),
      },
    ];
  });
}

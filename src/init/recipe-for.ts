/** From a source to the text of its pipeline: what is asked, what is looked at. */
import { dirname, relative, sep } from 'node:path';
import { sourceFolders } from '../config/class-folders.js';
import { packageFile, packageVersion } from '../core/package.js';
import { isWithin } from '../core/paths.js';
import { listFiles } from '../store/files/file-list.js';
import { choiceOf, type BaseFacts } from './choices.js';
import type { LabelColumns } from '../sources/label-columns.js';
import type { LabelGuess } from '../sources/label-guess.js';
import { splitOfShard } from '../sources/shards.js';
import { describeShards, describeSurvey } from './describe.js';
import { exampleText } from './example.js';
import { folderLabels, guessedLabels } from './labels.js';
import { askForBase, type Ask } from './questions.js';
import { DEFAULT_BASE, recipeText } from './recipe.js';
import { surveyOf, type Survey } from './survey.js';

export interface Wanted {
  /** Whether the source is the drawn images that come with the tool. */
  readonly isExample: boolean;
  /** An absolute path, checked to be a folder or an archive of classes. */
  readonly source: string;
  /** The source as people wrote it. */
  readonly shown: string;
  readonly isFolder: boolean;
  /** Where the labels are, if not in folders. */
  readonly labels: LabelGuess | undefined;
  /** The Parquet files of a folder, if they contain its images. */
  readonly shards: readonly string[] | undefined;
  /** Their labels, if an image may have several. */
  readonly inside: LabelColumns | undefined;
  /** The file that will be written. */
  readonly file: string;
  readonly name: string;
  /** The source as the file names it. */
  readonly written: string;
  readonly base: string | undefined;
  readonly bases: readonly BaseFacts[];
  /** Undefined if nothing may be asked. */
  readonly ask: Ask | undefined;
}

/** The text, and lines about what was seen. Throws `invalid` for a base that is not known. */
export async function recipeFor(wanted: Wanted): Promise<{ text: string; seen: readonly string[] }> {
  const { isExample, source, shown, isFolder, labels, shards, inside, file, name, written, bases, ask } = wanted;
  const schema = schemaFor(file);
  if (isExample && wanted.base === undefined) return { text: exampleText(name, written, schema), seen: [] };
  // Checked before anything is read or asked.
  const named = wanted.base === undefined ? undefined : choiceOf(wanted.base, bases);
  const survey = isFolder && shards === undefined ? await lookAt(source, labels) : undefined;
  const splits = survey?.splits ?? new Set(shards?.flatMap((name) => splitOfShard(name) ?? []));
  const seen =
    shards !== undefined
      ? describeShards(shards.length, splits, shown, inside)
      : survey === undefined
        ? []
        : describeSurvey(survey, shown, labels);
  const base = named ?? choiceOf(ask === undefined ? DEFAULT_BASE : await askForBase(ask, bases), bases);
  return { text: recipeText({ name, source: written, labels, inside, schema, base, survey, splits }), seen };
}

async function lookAt(source: string, guess: LabelGuess | undefined): Promise<Survey | undefined> {
  const list = listFiles(source, 'followed');
  if (guess !== undefined) return surveyOf(list, await guessedLabels(guess, source, list.paths));
  const folders = sourceFolders(source, source);
  return folders === undefined ? undefined : surveyOf(list, folderLabels(folders.layout));
}

/**
 * The schema beside the installed tool if the file is in the project that it is installed in, so that both are of one
 * version; else the published one of this version. Only editors read it.
 */
function schemaFor(file: string): string {
  const schema = packageFile('schemas/pipeline.schema.json');
  const [project] = schema.split(`${sep}node_modules${sep}`);
  const folder = dirname(file);
  if (project !== schema && isWithin(folder, project)) return relative(folder, schema).split(sep).join('/');
  return `https://unpkg.com/transfer-pipeline@${packageVersion()}/schemas/pipeline.schema.json`;
}

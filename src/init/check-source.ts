/** Checks a folder or archive before `init` writes a pipeline for it that would fail. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceFolders } from '../config/class-folders.js';
import { emptyFolderText } from '../config/lint/sources.js';
import { questionProblem } from '../core/layout-words.js';
import { isClutter } from '../core/clutter.js';
import { failure, PipelineError, type Problem } from '../core/problem.js';
import { archiveKindOf } from '../sources/archive/kind.js';
import { guessLabels, type LabelGuess } from '../sources/label-guess.js';
import type { LabelColumns } from '../sources/label-columns.js';
import { labelHint, type LabelHint } from '../sources/label-hint.js';
import { shardsAmong } from '../sources/shards.js';
import { labelsInside } from '../sources/table-guess.js';
import { listFiles } from '../store/files/file-list.js';

const expected =
  'a folder with one folder per class, at least two (such as cats/ and dogs/), or with train/ and validation/ that contain those; images with a table of labels, or with names such as cat.12.jpg; or Parquet files with images; or a .zip, .tar or .tar.gz of class folders';

export interface CheckedSource {
  readonly warnings: readonly Problem[];
  /** Where the labels are, if not in folders. */
  readonly labels?: LabelGuess;
  /** The Parquet files of a folder, if they contain its images: paths with `/`. */
  readonly shards?: readonly string[];
  /** The columns of their labels, if an image may have several. */
  readonly inside?: LabelColumns;
}

/** Rejects with `bad-data` if ingest could never read it. `shown` is the path as the user wrote it. */
export async function checkSource(path: string, shown: string): Promise<CheckedSource> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) throw unfit('folder-missing', shown, 'does not exist', 'check the name');
  if (!entry.isDirectory()) {
    if (entry.isFile() && (await archiveKindOf(path)) !== undefined) return { warnings: [] };
    throw unfit(
      'no-source',
      shown,
      'is neither a folder nor an archive',
      'pass the folder that contains the class folders',
    );
  }
  const folders = sourceFolders(path, path);
  if (folders === undefined)
    throw unfit('no-class-folders', shown, 'cannot be listed', 'check the permissions of the folder');
  const { layout, empty } = folders;
  const { classes, question } = layout;
  const inFolders = classes.length >= 2 && question === undefined;
  const unsorted = { root: path, paths: inFolders ? [] : listFiles(path, 'followed').paths };
  const shards = shardsAmong(unsorted.paths);
  if (shards.length > 0) return { warnings: [], shards, inside: await severalInside(path, shards[0]) };
  const labels = await guessLabels(unsorted);
  if (labels !== undefined && labels.kind !== 'without-header') return { warnings: [], labels };
  if (question !== undefined) throw new PipelineError('bad-data', [questionProblem(question, shown)]);
  if (classes.length >= 2)
    return { warnings: empty.length === 0 ? [] : [{ code: 'empty-class-folder', ...emptyFolderText(empty, shown) }] };
  const inSplits =
    layout.splits.size > 0 ? ` in ${layout.parts.map((part) => `${part.path.join('/')}/`).join(', ')}` : '';
  const hint = labelHint(labels, unsorted.paths, shown);
  if (classes.length === 1) {
    throw unfit(
      'one-class',
      shown,
      `contains only one class${inSplits}: \`${classes[0]}\``,
      'add a second class folder with images',
      hint,
    );
  }
  const entries = (await readdir(path)).filter((name) => !isClutter(name));
  const found = entries.length === 0 ? 'is empty' : `contains no class folders with images${inSplits}`;
  throw unfit(
    'no-class-folders',
    shown,
    found,
    'put the images of each class into a separate folder and run init again',
    hint,
  );
}

async function severalInside(folder: string, shard: string): Promise<LabelColumns | undefined> {
  const labels = await labelsInside(join(folder, shard), shard);
  return labels?.kind === 'one' ? undefined : labels;
}

function unfit(code: string, where: string, found: string, remedy: string, hint?: LabelHint): PipelineError {
  return failure('bad-data', { code, where, found, expected, remedy, ...hint });
}

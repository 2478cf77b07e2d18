/** Whether a pipeline can be written for a folder or an archive: told before there is one that would fail. */
import { readdir, stat } from 'node:fs/promises';
import { sourceFolders } from '../config/class-folders.js';
import { emptyFolderText } from '../config/lint/sources.js';
import { failure, type PipelineError, type Problem } from '../core/problem.js';
import { archiveKindOf } from '../sources/archive/kind.js';

const expected = 'a folder with a folder for each class in it, at least two (such as cats/ and dogs/), or with train/ and validation/ that hold those; or a .zip, .tar or .tar.gz of one';

/** Rejects with `bad-data` where ingest could never take it; resolves with what is likely not meant. `shown` is how the person named it. */
export async function checkSource(path: string, shown: string): Promise<Problem[]> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) throw unfit('folder-missing', shown, 'is not there', 'correct the name');
  if (!entry.isDirectory()) {
    if (entry.isFile() && (await archiveKindOf(path)) !== undefined) return [];
    throw unfit('no-source', shown, 'is neither a folder nor an archive', 'name the folder above the class folders');
  }
  const { classes = [], splits = new Set(), empty = [] } = (await sourceFolders(path, path)) ?? {};
  if (classes.length >= 2) return empty.length === 0 ? [] : [{ code: 'empty-class-folder', ...emptyFolderText(empty, shown) }];
  const inTrain = splits.size > 0 ? ' in train/' : '';
  if (classes.length === 1) {
    throw unfit('one-class', shown, `holds one class only${inTrain}: \`${classes[0]}\``, `add a folder for what \`${classes[0]}\` is to be told from, with pictures in it`);
  }
  const entries = (await readdir(path)).filter((name) => !name.startsWith('.'));
  const found = entries.length === 0 ? 'is empty' : `holds no class folders with pictures${inTrain}`;
  throw unfit('no-class-folders', shown, found, 'put the pictures of each class into a folder of its own, and call init again');
}

function unfit(code: string, where: string, found: string, remedy: string): PipelineError {
  return failure('bad-data', { code, where, found, expected, remedy });
}

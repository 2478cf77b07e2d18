/** Images whose labels are in a table or in their names: how to sort them into class folders, which alone are read. */
import { basename, dirname, extname, join } from 'node:path';
import { hasImageName } from '../core/image-name.js';
import { nameList } from '../core/text/names.js';
import { shellWord } from '../core/text/shell-word.js';
import { withoutTrailing } from '../core/text/trailing.js';
import { openRegular } from '../core/regular-file.js';

/** Replaces `expected` and `remedy` of a problem. */
export interface LabelHint {
  readonly expected: string;
  readonly remedy: string;
  readonly command?: string;
}

/** The files of a source, of which fewer than two class folders could be made. */
export interface Unsorted {
  /** The absolute path of the folder. */
  readonly root: string;
  /** Relative to it, with `/`. */
  readonly paths: readonly string[];
  /** The folder as the pipeline names it; undefined if it is in an archive, where no command can sort. */
  readonly shown: string | undefined;
}

const TABLE_BYTES = 64 * 1024;
const expected = 'one folder per class: labels are read from class folders only, not from tables or file names';

/** Undefined if nothing shows where the labels are. */
export async function labelHint(unsorted: Unsorted): Promise<LabelHint | undefined> {
  const folder = imageFolderOf(unsorted.paths);
  if (folder === undefined) return undefined;
  const names = unsorted.paths
    .filter((path) => folderOf(path) === folder && hasImageName(path))
    .map((path) => basename(path));
  return (await tableHint(unsorted, folder, names)) ?? nameHint(unsorted, folder, names);
}

async function tableHint(
  { root, paths, shown }: Unsorted,
  folder: string,
  names: readonly string[],
): Promise<LabelHint | undefined> {
  const tables = paths.filter((path) => /\.(csv|tsv)$/i.test(path));
  if (tables.length === 0) return undefined;
  for (const table of tables) {
    const columns = columnsOf(
      await beginning(join(root, table)),
      extname(table).toLowerCase() === '.tsv' ? '\t' : ',',
      names,
    );
    if (columns === undefined || shown === undefined) continue;
    const target = shellWord(`${shown}-by-class`);
    const rows = columns.header
      ? `tail -n +2 ${shellWord(join(shown, table))}`
      : `cat ${shellWord(join(shown, table))}`;
    const commas = extname(table).toLowerCase() === '.tsv' ? ` | tr '\\t' ','` : '';
    const command = `${rows} | tr -d '\\r"'${commas} | while IFS=, read -r ${columns.variables} || [ -n "$f" ]; do mkdir -p ${target}/"$c" && cp ${shellWord(join(shown, folder))}/"\${f##*/}"${columns.ending} ${target}/"$c"; done`;
    return { expected, remedy: `sort the images by \`${table}\`, then write \`source: ${shown}-by-class\`:`, command };
  }
  return {
    expected,
    remedy: `sort the images into one folder per class, as ${nameList(tables)} ${tables.length === 1 ? 'says' : 'say'}`,
  };
}

interface Columns {
  /** For `read`: `f` is the column of files, `c` that of classes. */
  readonly variables: string;
  readonly header: boolean;
  /** What the table leaves out of the names of files. */
  readonly ending: string;
}

/** Which column names the images, and which their classes; undefined if that is not clear. */
function columnsOf(text: string, comma: string, names: readonly string[]): Columns | undefined {
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split(comma).map((cell) => withoutTrailing(cell.replace(/^["\ufeff]+/, ''), '"').trim()));
  const files = new Set(names);
  const ending =
    [...new Set(names.map((name) => extname(name)))].find((one) =>
      rows.slice(1).some((row) => row.some((cell) => files.has(`${basename(cell)}${one}`))),
    ) ?? '';
  const isFile = (cell: string | undefined): boolean =>
    cell !== undefined && cell !== '' && (files.has(basename(cell)) || files.has(`${basename(cell)}${ending}`));
  const [first = [], ...rest] = rows;
  const file = first.findIndex((_, column) => rest.filter((row) => isFile(row[column])).length > rest.length / 2);
  if (file < 0 || rest.length === 0) return undefined;
  const others = first.map((_, column) => column).filter((column) => column !== file);
  const distinct = (column: number): number => new Set(rest.map((row) => row[column])).size;
  const named = others.find((column) =>
    /^(label|class|category|target|species|breed)(_?name)?s?$/i.test(first[column]),
  );
  const label =
    named ??
    others
      .filter((column) => distinct(column) >= 2 && distinct(column) <= rest.length / 2)
      .sort((a, b) => distinct(a) - distinct(b))[0];
  if (label === undefined) return undefined;
  const variables = first.map((_, column) => (column === file ? 'f' : column === label ? 'c' : '_'));
  const exact = rest.some((row) => files.has(basename(row[file] ?? '')));
  return {
    variables: [...variables.slice(0, Math.max(file, label) + 1), '_'].join(' '),
    header: !isFile(first[file]),
    ending: exact ? '' : ending,
  };
}

/** Names that cameras and programs give: not classes. */
const anonymous = /^(img|image|dsc[fn]?|photo|pic|picture|frame|screenshot|scan|p|_dsc|_mg)$/i;

function nameHint({ shown }: Unsorted, folder: string, names: readonly string[]): LabelHint | undefined {
  const sizes = new Map<string, number>();
  for (const name of names) {
    const label = labelOf(name);
    if (label !== undefined && !anonymous.test(label)) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const labels = [...sizes.keys()].sort();
  const sorted = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (labels.length < 2 || sorted < names.length * 0.9 || [...sizes.values()].some((size) => size < 2))
    return undefined;
  const what = `the names of the files begin with ${nameList(labels)}`;
  if (shown === undefined)
    return { expected, remedy: `${what}: unpack the archive and sort the images into one folder per class` };
  const target = shellWord(`${shown}-by-class`);
  const files = `${shellWord(join(shown, folder))}/[!0-9]*[0-9].*`;
  const command = `for f in ${files}; do c=$(basename -- "$f" | sed -E 's/[-._ ]*[0-9]+\\.[^.]*$//'); mkdir -p ${target}/"$c" && cp "$f" ${target}/"$c"; done`;
  return {
    expected,
    remedy: `${what}: if those are the classes, sort the images by name, then write \`source: ${shown}-by-class\`:`,
    command,
  };
}

/** `red-fox` of `red-fox-012.jpg`: the part before the last number and its separators. */
function labelOf(name: string): string | undefined {
  const stem = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const before = withoutTrailing(stem, '0123456789');
  if (before === stem || before === '' || /^[0-9]/.test(before)) return undefined;
  return withoutTrailing(before, '-._ ') || before[0];
}

/** The folder with the most images directly in it. */
function imageFolderOf(paths: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const path of paths) if (hasImageName(path)) counts.set(folderOf(path), (counts.get(folderOf(path)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}

async function beginning(path: string): Promise<string> {
  const file = await openRegular(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TABLE_BYTES), 0, TABLE_BYTES, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    // The last line may be cut.
    return bytesRead < TABLE_BYTES ? text : text.slice(0, text.lastIndexOf('\n'));
  } finally {
    await file.close();
  }
}

/**
 * What this tool calls the files of a store, by the folder that they are in. A collection removes nothing else: others
 * may have put files into the folder, and an old file without a name of ours is theirs.
 */
import type { FileInfo } from '../disk/cache-fs.js';

/** `whole`: name and form are ours. `named`: the name is, and something else has it. `none`: nothing of ours. */
export type Claim = 'whole' | 'named' | 'none';

interface Form {
  /** Of the path below the folder, with `/`. */
  readonly name: RegExp;
  readonly entry: 'file' | 'folder' | 'either';
}

const digest = '[0-9a-f]{64}';
/** In a folder named for its first two characters. */
const fanned = '([0-9a-f]{2})/\\1[0-9a-f]{62}';
const process = '[0-9a-f]{8}-\\d+-\\d+-\\d+-[0-9a-f]+';

const forms: ReadonlyMap<string, Form> = new Map([
  ['blobs', { name: new RegExp(`^${fanned}$`), entry: 'file' }],
  ['records', { name: new RegExp(`^${fanned}\\.json$`), entry: 'file' }],
  // Versions before this one had them in no folder of two characters, or as folders.
  ['checkpoints', { name: new RegExp(`^(?:${fanned}|${digest})(?:\\.\\w+)?$`), entry: 'either' }],
  ['features', { name: new RegExp(`^${digest}$`), entry: 'folder' }],
  ['unpacked', { name: new RegExp(`^${digest}$`), entry: 'folder' }],
  ['roots', { name: new RegExp(`^${digest}\\.json$`), entry: 'file' }],
  ['quarantine', { name: /^\d{13}-.+-[0-9a-f]{8}$/, entry: 'either' }],
  ['tmp', { name: new RegExp(`^(?:${process}|download-${digest}\\.(?:${process}\\.)?part)$`), entry: 'either' }],
  ['index', { name: /^[0-9a-f]{32}$/, entry: 'file' }],
]);

/** Evidence that this tool made what is at a path below the folder of a kind. */
export function claimOn(
  kind: string,
  path: string,
  { isFile, isFolder }: Pick<FileInfo, 'isFile' | 'isFolder'>,
): Claim {
  const form = forms.get(kind);
  if (form === undefined || !form.name.test(path)) return 'none';
  const fits = { file: isFile, folder: isFolder, either: isFile || isFolder }[form.entry];
  return fits ? 'whole' : 'named';
}

/** Whether a file in the folder of locks has the name of one. */
export function isLockName(name: string): boolean {
  return /^(?:gc|(?:[a-z]+-)*(?:[0-9a-f]{16}|[0-9a-f]{64}))$/.test(name);
}

/** Whether a text is the name of one process's temporary file or folder, and nothing more. */
export function isProcessName(text: string): boolean {
  return new RegExp(`^${process}$`).test(text);
}

/** Whether a name in the temporary folder begins with that of a process. */
export function namesProcess(text: string): boolean {
  return new RegExp(`^${process}`).test(text);
}

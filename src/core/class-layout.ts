/**
 * What the folders of a source mean: which hold a split, which are classes, and which are only wrapped around them. The
 * one answer for the check before a run, `init`, `doctor` and the ingest stage.
 */
import { compareCodePoints } from './canonical.js';
import { splitNames, splitOfFolder, type SplitName } from './split-folders.js';

/** A folder as far as layouts ask about it. May be read lazily from a disk. */
export interface ImageFolder {
  /** As the file system has it. */
  readonly name: string;
  /** Folders in it that hold files, at any depth; sorted by name. */
  folders(): readonly ImageFolder[];
  /** Whether it holds an image, at any depth. */
  holdsImages(): boolean;
}

/** `split_folders` of an ingest stage: the folders of each split; `{}` if no folder is a split. */
export type SplitFolders = Readonly<Partial<Record<SplitName, string | readonly string[]>>>;

/** A folder whose subfolders are the classes. */
export interface Part {
  /** Names from the root of the source on; none for the root itself. */
  readonly path: readonly string[];
  /** Undefined if the folders do not decide the split. */
  readonly split: SplitName | undefined;
  /** Its class folders, by their names on disk. */
  readonly folders: readonly string[];
}

/** What only a person can answer. */
export type LayoutQuestion =
  /** All of these hold the same class folders, and their names do not say which split each is. */
  | { readonly kind: 'unknown-splits'; readonly folders: readonly string[]; readonly classes: readonly string[] }
  /** A folder named like a split is beside folders that look like classes. */
  | { readonly kind: 'split-or-class'; readonly splits: readonly string[]; readonly others: readonly string[] }
  /** Beside folders of splits, these hold some of the same class folders. */
  | { readonly kind: 'beside-splits'; readonly splits: readonly string[]; readonly others: readonly string[] }
  /** `split_folders` names folders that are not there or hold no images. */
  | { readonly kind: 'no-such-folders'; readonly missing: readonly string[]; readonly folders: readonly string[] };

export interface ClassLayout {
  readonly parts: readonly Part[];
  /** Path of the folder that the parts were found in; not empty if a single folder is wrapped around all images. */
  readonly inside: readonly string[];
  /** Names in Unicode's composed form (NFC), sorted by code point. */
  readonly classes: readonly string[];
  /** Splits with class folders of their own. */
  readonly splits: ReadonlySet<SplitName>;
  /** Folders with images beside those of the splits, which are not read. */
  readonly unused: readonly string[];
  /** Paths of folders that hold files and no image, where a class or a split could be. */
  readonly withoutImages: readonly string[];
  readonly question?: LayoutQuestion;
}

/** A class under the name that all Unicode forms of it share. */
export function classNameOf(folder: string): string {
  return folder.normalize('NFC');
}

/** Reads the meaning of the folders below `root`. */
export function layoutOf(root: ImageFolder, splitFolders?: SplitFolders): ClassLayout {
  const level = levelOf(root, [], splitFolders);
  const folders = level.parts.flatMap((part) => part.folders);
  return {
    ...level,
    classes: [...new Set(folders.map(classNameOf))].sort(compareCodePoints),
    splits: new Set(level.parts.flatMap((part) => (part.folders.length > 0 ? (part.split ?? []) : []))),
  };
}

type Level = Omit<ClassLayout, 'classes' | 'splits'>;

function levelOf(folder: ImageFolder, path: readonly string[], splitFolders: SplitFolders | undefined): Level {
  const tops = withImages(folder);
  const [only] = tops;
  if (tops.length === 1) {
    const inner = levelOf(only, [...path, only.name], splitFolders);
    if (isWrapper(only, inner, splitFolders))
      return { ...inner, withoutImages: [...without(folder, path), ...inner.withoutImages] };
  }
  if (splitFolders !== undefined) return declared(folder, path, splitFolders);
  const known = tops.filter(({ name }) => splitOfFolder(name) !== undefined);
  return known.length === 0 ? classLevel(folder, path, tops) : splitLevel(folder, path, tops, known);
}

/**
 * Whether a folder that alone holds images only wraps what matters: never if that would leave fewer than two classes.
 */
function isWrapper({ name }: ImageFolder, { parts, question }: Level, splitFolders: SplitFolders | undefined): boolean {
  if (splitFolders !== undefined && Object.keys(splitFolders).length > 0) return question === undefined;
  const splits = new Set(parts.flatMap(({ split }) => split ?? []));
  if (splitFolders === undefined && splitOfFolder(name) !== undefined) return splits.size >= 2;
  return question !== undefined || splits.size > 0 || parts.some(({ folders }) => folders.length >= 2);
}

function classLevel(folder: ImageFolder, path: readonly string[], tops: readonly ImageFolder[]): Level {
  const question = sharedClasses(tops);
  const part: Part = { path, split: undefined, folders: tops.map(({ name }) => name) };
  return {
    inside: path,
    parts: question === undefined ? [part] : [],
    unused: [],
    withoutImages: without(folder, path),
    question,
  };
}

/** Two folders with the same two class folders in them are folds or splits of a name that is not known. */
function sharedClasses(tops: readonly ImageFolder[]): LayoutQuestion | undefined {
  const sets = tops.map(namesIn);
  const holders = new Map<string, number>();
  for (const names of sets) for (const name of names) holders.set(name, (holders.get(name) ?? 0) + 1);
  for (const names of sets) {
    const shared = [...names].filter((name) => holders.get(name)! >= 2);
    if (shared.length < 2) continue;
    const alike = tops.filter((_, index) => shared.filter((name) => sets[index].has(name)).length >= 2);
    if (alike.length >= 2) return { kind: 'unknown-splits', folders: alike.map(({ name }) => name), classes: shared };
  }
  return undefined;
}

function splitLevel(
  folder: ImageFolder,
  path: readonly string[],
  tops: readonly ImageFolder[],
  known: readonly ImageFolder[],
): Level {
  const others = tops.filter((top) => !known.includes(top));
  const parts = partsOf(
    known.map((top) => ({ top, split: splitOfFolder(top.name)! })),
    path,
  );
  const holding = parts.filter(({ folders }) => folders.length > 0);
  const names = new Set(holding.flatMap(({ folders }) => folders.map(classNameOf)));
  const alike = others.filter((other) => [...namesIn(other)].some((name) => names.has(name)));
  const level = { inside: path, unused: others.map(({ name }) => name), withoutImages: withoutIn(folder, path, known) };
  const splits = known.map(({ name }) => name);
  if (alike.length > 0)
    return { ...level, parts: [], question: { kind: 'beside-splits', splits, others: alike.map(({ name }) => name) } };
  // Two splits with class folders leave no doubt about what the folders are; one alone may be a class of that name.
  if (others.length > 0 && new Set(holding.map(({ split }) => split)).size < 2) {
    return { ...level, parts: [], question: { kind: 'split-or-class', splits, others: level.unused } };
  }
  return { ...level, parts };
}

/** The folders are as the pipeline says. */
function declared(folder: ImageFolder, path: readonly string[], splitFolders: SplitFolders): Level {
  const tops = withImages(folder);
  const named = splitNames.flatMap((split) => [splitFolders[split] ?? []].flat().map((name) => ({ split, name })));
  if (named.length === 0)
    return {
      inside: path,
      parts: [{ path, split: undefined, folders: tops.map(({ name }) => name) }],
      unused: [],
      withoutImages: without(folder, path),
    };
  const find = (name: string): ImageFolder | undefined =>
    tops.find((top) => classNameOf(top.name) === classNameOf(name));
  const missing = named.filter(({ name }) => find(name) === undefined).map(({ name }) => name);
  const found = named.flatMap(({ split, name }) => {
    const top = find(name);
    return top === undefined ? [] : { top, split };
  });
  const unused = tops.filter((top) => !found.some((one) => one.top === top)).map(({ name }) => name);
  const level = {
    inside: path,
    unused,
    withoutImages: withoutIn(
      folder,
      path,
      found.map(({ top }) => top),
    ),
  };
  if (missing.length > 0)
    return {
      ...level,
      parts: [],
      question: { kind: 'no-such-folders', missing, folders: tops.map(({ name }) => name) },
    };
  return { ...level, parts: partsOf(found, path) };
}

/** The class folders of each split, which may be in a single folder once more: `seg_train/seg_train/street`. */
function partsOf(
  found: readonly { readonly top: ImageFolder; readonly split: SplitName }[],
  path: readonly string[],
): Part[] {
  return found.map(({ top, split }): Part => {
    const elsewhere = new Set(found.flatMap((other) => (other.top === top ? [] : [...namesIn(other.top)])));
    const everywhere = found.every((other) => namesIn(other.top).size === 1);
    let at = top;
    const steps = [...path, top.name];
    for (let inner = withImages(at); inner.length === 1 && withImages(inner[0]).length >= 2; inner = withImages(at)) {
      const { name } = inner[0];
      // The other splits show whether a single folder in this split is a class or a wrapper.
      if (splitOfFolder(name) !== split && elsewhere.has(classNameOf(name)) && !everywhere) break;
      at = inner[0];
      steps.push(name);
    }
    return { path: steps, split, folders: withImages(at).map(({ name }) => name) };
  });
}

function withImages(folder: ImageFolder): ImageFolder[] {
  return folder.folders().filter((one) => one.holdsImages());
}

function without(folder: ImageFolder, path: readonly string[]): string[] {
  return folder
    .folders()
    .filter((one) => !one.holdsImages())
    .map(({ name }) => [...path, name].join('/'));
}

/** Those in folders of splits, where classes could be. */
function withoutIn(folder: ImageFolder, path: readonly string[], splits: readonly ImageFolder[]): string[] {
  return [...without(folder, path), ...splits.flatMap((split) => without(split, [...path, split.name]))];
}

function namesIn(folder: ImageFolder): ReadonlySet<string> {
  return new Set(withImages(folder).map(({ name }) => classNameOf(name)));
}

/** Reads labels and splits from where files lie: `class/picture`, or `train/class/picture`. */
import { compareCodePoints } from '../../core/canonical.js';
import { isSplitFolder, splitFolders } from '../../core/split-folders.js';
import type { SplitName } from '../../image/dataset.js';

/** A file in a class folder. */
export interface Candidate {
  /** Index into the listing. */
  readonly index: number;
  readonly path: string;
  readonly className: string;
  /** Undefined where the folders do not say. */
  readonly split?: SplitName;
}

export interface Layout {
  readonly candidates: readonly Candidate[];
  /** Names of the class folders, sorted by code point. */
  readonly classNames: readonly string[];
  /** Splits that have folders of their own. */
  readonly splits: ReadonlySet<SplitName>;
  /** Files that lie outside any class folder. */
  readonly strays: readonly string[];
}

/**
 * A folder called train, validation (val, valid) or test at the top makes the layout one of explicit splits, also where it
 * holds no class folders: taken for classes, the splits of unsorted pictures would be told apart from each other.
 */
export function readLayout(paths: readonly string[]): Layout {
  const explicit = paths.some((path) => {
    const [top, ...rest] = path.split('/');
    return rest.length > 0 && isSplitFolder(top);
  });
  const candidates: Candidate[] = [];
  const strays: string[] = [];
  const classNames = new Set<string>();
  const splits = new Set<SplitName>();
  paths.forEach((path, index) => {
    const folders = path.split('/').slice(0, -1);
    const split = explicit && folders.length > 0 && isSplitFolder(folders[0]) ? splitFolders[folders[0]] : undefined;
    const className = folders[explicit ? 1 : 0];
    if (className === undefined || (explicit && split === undefined)) {
      strays.push(path);
      return;
    }
    classNames.add(className);
    if (split) splits.add(split);
    candidates.push({ index, path, className, split });
  });
  return { candidates, classNames: [...classNames].sort(compareCodePoints), splits, strays };
}

/** Tables that each describe the images of one split folder, as imagefolder data sets of Hugging Face have them. */
import { compareCodePoints } from './canonical.js';
import type { ClassLayout } from './class-layout.js';
import type { SplitName } from './split-folders.js';

export interface SplitTable {
  /** Relative to the source, with `/`. */
  readonly path: string;
  readonly split: SplitName;
}

/** Whether a table has the name that imagefolder data sets give it. */
export function isMetadata(name: string): boolean {
  return /^metadata\.(csv|jsonl|parquet)$/.test(name);
}

/** The split folders of a source, by their paths with `/`. */
export function splitPaths({ parts, inside }: Pick<ClassLayout, 'parts' | 'inside'>): ReadonlyMap<string, SplitName> {
  return new Map(
    // A part may be a folder in that of its split.
    parts.flatMap(({ path, split }) =>
      split === undefined ? [] : [[path.slice(0, inside.length + 1).join('/'), split]],
    ),
  );
}

/** The tables directly in the split folders, in the order of their paths. */
export function splitTables(
  layout: Pick<ClassLayout, 'parts' | 'inside'>,
  paths: readonly string[],
  isTable: (name: string) => boolean,
): readonly SplitTable[] {
  const splits = splitPaths(layout);
  return paths
    .flatMap((path): SplitTable[] => {
      const end = path.lastIndexOf('/');
      if (!isTable(path.slice(end + 1))) return [];
      const split = splits.get(path.slice(0, Math.max(0, end)));
      return split === undefined ? [] : [{ path, split }];
    })
    .sort((a, b) => compareCodePoints(a.path, b.path));
}

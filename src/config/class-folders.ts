/** The class folders of a source of images, read before anything runs. */
import { resolve } from 'node:path';
import { layoutOf, type ClassLayout, type SplitFolders } from '../core/class-layout.js';
import type { RememberedFolders } from '../core/folder-entries.js';
import { pathOf, type Origin } from '../core/source.js';
import { splitOfFolder } from '../core/split-folders.js';
import { DiskFolder } from './disk-folders.js';

export interface SourceFolders {
  /** As ingest reads them. */
  readonly layout: ClassLayout;
  /** Names of the classes; undefined if there are none or a question is open, which ingest reports. */
  readonly classes: readonly string[] | undefined;
  /** Folders that could be classes but contain no file at any depth; relative to the source, with `/`. */
  readonly empty: readonly string[];
  readonly root: DiskFolder;
}

/** Lists the folders of a source; undefined if it cannot be listed. */
export function sourceFolders(
  root: string,
  origin: Origin,
  splitFolders?: SplitFolders,
  remembered?: RememberedFolders,
): SourceFolders | undefined {
  const path = pathOf(origin);
  if (path === undefined) return undefined;
  try {
    const place = resolve(root, path, insideOf(origin));
    const folder = DiskFolder.open(place, remembered?.of(place));
    const layout = layoutOf(folder, splitFolders);
    const classes = layout.question === undefined && layout.classes.length > 0 ? layout.classes : undefined;
    return { layout, classes, empty: emptyOf(folder, layout), root: folder };
  } catch {
    return undefined;
  }
}

function insideOf(origin: Origin): string {
  return typeof origin === 'string' ? '' : (origin.inside ?? '');
}

/**
 * Empty folders beside the classes; of those beside splits only the ones named like a split are meant to hold anything.
 */
function emptyOf(folder: DiskFolder, { inside, parts }: ClassLayout): string[] {
  const below = (path: readonly string[]): string[] =>
    (folder.at(path)?.emptyFolders() ?? []).map((name) => [...path, name].join('/'));
  const split = parts.some((part) => part.split !== undefined);
  const top = below(inside).filter(
    (path) => !split || splitOfFolder(path.slice(path.lastIndexOf('/') + 1)) !== undefined,
  );
  return [...(parts.length > 0 && !split ? [] : top), ...parts.flatMap(({ path }) => below(path))];
}

/** The class and the split of a file, by the folder that it is in. */
import { classNameOf, type ClassLayout } from './class-layout.js';
import type { SplitName } from './split-folders.js';

/** What the folders say about a file. */
export interface Place {
  readonly className: string;
  /** Undefined if the folders do not say. */
  readonly split?: SplitName;
}

/** Gives the place of a path, with `/`, relative to the source; null outside class folders. Looks each folder up once. */
export function classPlaces({ parts }: ClassLayout): (path: string) => Place | null {
  const known = new Map<string, Place | null>([['', null]]);
  for (const { path, split, folders } of parts) {
    for (const name of folders) known.set([...path, name].join('/'), { className: classNameOf(name), split });
  }
  const placeOf = (folder: string): Place | null => {
    let place = known.get(folder);
    if (place === undefined) known.set(folder, (place = placeOf(folderOf(folder))));
    return place;
  };
  return (path) => placeOf(folderOf(path));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Reads labels and splits from where files are: `class/image`, or `train/class/image`. */
import { layoutOf, type ClassLayout, type SplitFolders } from '../../core/class-layout.js';
import { classPlaces, type Place } from '../../core/class-places.js';
import { foldersOf } from '../../core/path-folders.js';
import type { PassedOver } from '../../core/folder-listing.js';
import { hasImageName } from '../../core/image-name.js';
import type { Candidate } from './labeling.js';
import { isUsable } from './probe.js';

export interface Layout extends ClassLayout {
  readonly candidates: readonly Candidate[];
  /** Files that are in no class folder. */
  readonly strays: readonly string[];
  /** The class and the split of any path by its folders; null outside class folders. */
  placeOf(path: string): Place | null;
}

/** What a layout is read from. */
interface Listed {
  readonly paths: readonly string[];
  /** The probe's answer. */
  probeAt(index: number): string;
  readonly passedOver: readonly PassedOver[];
}

/** Whether what cannot be read is a link that stands for an image. */
export function isImageLink({ kind, path }: PassedOver): boolean {
  return kind === 'link' && hasImageName(path);
}

/**
 * Links to missing images count as images, so that no class vanishes with them. Files in folders that are `unused` are
 * neither candidates nor strays: the folders are reported as a whole.
 */
export function readLayout(listing: Listed, splitFolders?: SplitFolders): Layout {
  const { paths, passedOver } = listing;
  const links = passedOver.filter(isImageLink).map(({ path }) => path);
  const isImage = (index: number): boolean =>
    index >= paths.length || hasImageName(paths[index]) || isUsable(listing.probeAt(index));
  const layout = layoutOf(foldersOf([...paths, ...links], isImage), splitFolders);
  const placeOf = classPlaces(layout);
  const unused = layout.unused.map((name) => `${[...layout.inside, name].join('/')}/`);
  const candidates: Candidate[] = [];
  const strays: string[] = [];
  paths.forEach((path, index) => {
    const place = placeOf(path);
    if (place !== null) candidates.push({ index, path, ...place });
    else if (!unused.some((folder) => path.startsWith(folder))) strays.push(path);
  });
  return { ...layout, candidates, strays, placeOf };
}

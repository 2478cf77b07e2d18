/** The folders of a list of files, as class layouts ask about them. */
import { compareCodePoints } from './canonical.js';
import type { ImageFolder } from './class-layout.js';

class ListedFolder implements ImageFolder {
  private readonly byName = new Map<string, ListedFolder>();
  private images = false;
  private sorted: readonly ImageFolder[] | undefined;

  constructor(readonly name: string) {}

  /** Adds a file by the names of the folders on its way; returns nothing of the file itself. */
  add(steps: readonly string[], isImage: boolean, depth = 0): void {
    this.images ||= isImage;
    if (depth === steps.length) return;
    const step = steps[depth];
    let next = this.byName.get(step);
    if (next === undefined) this.byName.set(step, (next = new ListedFolder(step)));
    next.add(steps, isImage, depth + 1);
  }

  folders(): readonly ImageFolder[] {
    this.sorted ??= [...this.byName.values()].sort((a, b) => compareCodePoints(a.name, b.name));
    return this.sorted;
  }

  holdsImages(): boolean {
    return this.images;
  }
}

/** The tree of folders that hold the files. `isImage` is asked by the index of the path. */
export function foldersOf(paths: readonly string[], isImage: (index: number) => boolean): ImageFolder {
  const root = new ListedFolder('');
  let folder = '';
  let steps: string[] = [];
  paths.forEach((path, index) => {
    const end = path.lastIndexOf('/');
    // Files of one folder come one after another.
    if (end !== folder.length || !path.startsWith(folder) || index === 0) {
      folder = path.slice(0, Math.max(0, end));
      steps = folder === '' ? [] : folder.split('/');
    }
    root.add(steps, isImage(index));
  });
  return root;
}

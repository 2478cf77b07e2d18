/** The folders of a source on disk, read only as far as a class layout asks. */
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync, constants, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import type { ImageFolder } from '../core/class-layout.js';
import { isClutter } from '../core/clutter.js';
import { hasImageName } from '../core/image-name.js';
import { beginsLikeImage, IMAGE_BEGINNING } from '../core/image-signatures.js';

/** Files without an image's name that are opened before a folder counts as one without images. */
const MOST_OPENED = 8;

export class DiskFolder implements ImageFolder {
  private readonly files: string[] = [];
  private readonly below: DiskFolder[] = [];
  private listed = false;
  private images: boolean | undefined;

  /** `above`: real paths of the folders around this one. `entered`: those that links have led to, of all the tree. */
  constructor(
    readonly path: string,
    readonly name = '',
    private readonly above: readonly string[] = [],
    private readonly entered = new Set<string>(),
    private readonly isLink = false,
  ) {}

  /** Folders that hold files, at any depth. */
  folders(): readonly ImageFolder[] {
    return this.subfolders().filter((folder) => folder.holdsFiles());
  }

  /** Names of folders in which there is no file at all. */
  emptyFolders(): string[] {
    return this.subfolders()
      .filter((folder) => !folder.holdsFiles())
      .map(({ name }) => name);
  }

  /** Names of the files directly in it. */
  fileNames(): readonly string[] {
    this.list();
    return this.files;
  }

  /** A folder by its path from here; undefined if there is none. */
  at(path: readonly string[]): DiskFolder | undefined {
    return path.reduce<DiskFolder | undefined>(
      (folder, step) => folder?.subfolders().find(({ name }) => name === step),
      this,
    );
  }

  holdsImages(): boolean {
    this.images ??= this.hasOwnImages() || this.subfolders().some((folder) => folder.holdsImages());
    return this.images;
  }

  private holdsFiles(): boolean {
    return this.fileNames().length > 0 || this.subfolders().some((folder) => folder.holdsFiles());
  }

  private hasOwnImages(): boolean {
    return (
      this.fileNames().some(hasImageName) ||
      this.files.slice(0, MOST_OPENED).some((name) => isImage(join(this.path, name)))
    );
  }

  private subfolders(): readonly DiskFolder[] {
    this.list();
    return this.below;
  }

  private list(): void {
    if (this.listed) return;
    this.listed = true;
    // Asking for the real path of each folder would take time with the square of the depth.
    const parent = this.above.at(-1);
    const real = this.isLink || parent === undefined ? realpathSync(this.path) : join(parent, this.name);
    // As ingest lists files: links are not followed back, nor twice to one folder, or the walk might never end.
    if (this.above.includes(real) || (this.isLink && this.entered.has(real))) return;
    if (this.isLink) this.entered.add(real);
    for (const entry of readdirSync(this.path, { withFileTypes: true })) {
      if (isClutter(entry.name)) continue;
      const kind = kindOf(entry, this.path);
      if (kind === 'file') this.files.push(entry.name);
      if (kind === 'folder')
        this.below.push(
          new DiskFolder(
            join(this.path, entry.name),
            entry.name,
            [...this.above, real],
            this.entered,
            entry.isSymbolicLink(),
          ),
        );
    }
    this.below.sort((a, b) => compareCodePoints(a.name, b.name));
  }
}

/** Links are followed; those that lead nowhere count as files, so that ingest reports them. */
function kindOf(entry: Dirent, folder: string): 'file' | 'folder' | undefined {
  if (!entry.isSymbolicLink()) return entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : undefined;
  try {
    const target = statSync(join(folder, entry.name));
    return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : undefined;
  } catch {
    return 'file';
  }
}

function isImage(path: string): boolean {
  let file: number | undefined;
  try {
    // Without waiting: it may have become a pipe in the meantime.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = new Uint8Array(IMAGE_BEGINNING);
    readSync(file, bytes);
    return beginsLikeImage(bytes);
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The folders of a source on disk, read only as far as a class layout asks. */
import { closeSync, openSync, readSync, realpathSync, statSync, constants } from 'node:fs';
import { join } from 'node:path';
import { compareCodePoints } from '../core/canonical.js';
import type { ImageFolder } from '../core/class-layout.js';
import { readEntries, type ReadFolder } from '../core/folder-entries.js';
import { hasImageName } from '../core/image-name.js';
import { beginsLikeImage, IMAGE_BEGINNING } from '../core/image-signatures.js';

/** Files without an image's name that are opened before a folder counts as one without images. */
const MOST_OPENED = 8;

/** What all folders of a tree share. */
interface Tree {
  readonly read: ReadFolder;
  /** Real paths of the folders that links have led to. */
  readonly entered: Set<string>;
}

export class DiskFolder implements ImageFolder {
  private files: readonly string[] = [];
  private readonly below: DiskFolder[] = [];
  private listed = false;
  private images: boolean | undefined;

  /** `above`: real paths of the folders around this one. */
  private constructor(
    readonly path: string,
    readonly name: string,
    private readonly tree: Tree,
    private readonly above: readonly string[],
    private readonly isLink: boolean,
  ) {}

  static open(path: string, read: ReadFolder = readEntries): DiskFolder {
    return new DiskFolder(path, '', { read, entered: new Set() }, [], false);
  }

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
    const { read, entered } = this.tree;
    if (this.above.includes(real) || (this.isLink && entered.has(real))) return;
    if (this.isLink) entered.add(real);
    const entries = read(this.path);
    const linked = entries.links.map((name) => [name, targetOf(join(this.path, name))] as const);
    const namesOf = (kind: 'file' | 'folder'): string[] => linked.flatMap(([name, to]) => (to === kind ? [name] : []));
    this.files = linked.length === 0 ? entries.files : [...entries.files, ...namesOf('file')].sort();
    const around = [...this.above, real];
    const enter = (isLink: boolean) => (name: string) =>
      new DiskFolder(join(this.path, name), name, this.tree, around, isLink);
    this.below.push(...entries.folders.map(enter(false)), ...namesOf('folder').map(enter(true)));
    this.below.sort((a, b) => compareCodePoints(a.name, b.name));
  }
}

/** Links are followed; those that lead nowhere count as files, so that ingest reports them. */
function targetOf(link: string): 'file' | 'folder' | undefined {
  try {
    const target = statSync(link);
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

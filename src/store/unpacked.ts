/**
 * Folders of unpacked archives, by the archive's digest: `v1/unpacked/<digest>/files`, with manifest.json beside it.
 * The folder is made aside and renamed, manifest and all; it is used if its files hash to the digest in the manifest.
 * Its thousands of files are not synced one by one: files lost in a power cut are noticed then, and unpacked again.
 */
import { readdirSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileNameOf, isDigest, type Digest } from '../core/digest.js';
import { isCount, isOneOf, isShapedAs, type Guard } from '../core/guards.js';
import type { UnpackedFiles } from '../core/source.js';
import type { FolderListing } from '../core/folder-listing.js';
import { hasCode } from './disk/cache-fs.js';
import type { Files } from './disk/files.js';
import { seal, unseal } from './disk/sealed-json.js';
import { filesBelow } from './disk/folders.js';

interface Manifest {
  readonly format: 1;
  /** Digest over paths and digests of the files, as for folders of people. */
  readonly tree: Digest;
  /** How many files. */
  readonly files: number;
}

/** What is in the place of an archive's folder. */
type Found =
  | { readonly state: 'missing' }
  | { readonly state: 'whole'; readonly listing: UnpackedFiles }
  | { readonly state: 'damaged'; readonly reason: string };

interface Opened {
  readonly folder: string;
  readonly listing: UnpackedFiles;
}

/**
 * Digests a folder's files; those that have not changed since they were read under the same name are not read again.
 */
export type DigestTree = (folder: string, name: string) => Promise<FolderListing>;

export class Unpacked {
  /** Folders that this process has found whole. */
  private readonly found = new Map<Digest, Opened>();

  constructor(
    private readonly files: Files,
    private readonly digestTree: DigestTree,
  ) {}

  async open(archive: Digest): Promise<string | undefined> {
    const known = this.found.get(archive);
    if (known !== undefined) return known.folder;
    const folder = this.pathOf(archive);
    const found = await this.look(archive, folder);
    if (found.state === 'whole') {
      const files = join(folder, 'files');
      this.found.set(archive, { folder: files, listing: found.listing });
      return files;
    }
    if (found.state === 'damaged') {
      this.files.note(folder, found.reason);
      await rm(folder, { recursive: true, force: true });
    }
    return undefined;
  }

  /** The files of a folder that was opened or built here, with the digests that they had then. */
  filesOf(archive: Digest): UnpackedFiles | undefined {
    return this.found.get(archive)?.listing;
  }

  async build(archive: Digest, fill: (folder: string) => Promise<void>): Promise<string> {
    await this.files.makeTemporary();
    const aside = this.files.temporaryPath();
    const inside = join(aside, 'files');
    // Not `recursive`, which would create the folder of a moved project again.
    await mkdir(aside);
    await mkdir(inside);
    let tree: FolderListing;
    try {
      await fill(inside);
      tree = await this.digestTree(inside, nameOf(archive));
      const manifest: Manifest = { format: 1, tree: tree.treeDigest, files: tree.paths.length };
      await writeFile(join(aside, 'manifest.json'), seal(manifest), { flag: 'wx', flush: true });
      for (const { size } of await filesBelow(this.files, aside)) this.files.written += size;
      await this.publish(aside, archive);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    const folder = join(this.pathOf(archive), 'files');
    this.found.set(archive, { folder, listing: tree });
    return folder;
  }

  /** If another process was faster, its folder stays if it is whole. */
  private async publish(aside: string, archive: Digest): Promise<void> {
    await this.files.makeFolders(join(this.files.root, 'v1', 'unpacked'));
    try {
      await rename(aside, this.pathOf(archive));
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'ENOTEMPTY', 'EPERM')) throw error;
      if ((await this.open(archive)) === undefined) await rename(aside, this.pathOf(archive));
    }
  }

  /** A folder that a collection took while its files were read is missing, and not damaged. */
  private async look(archive: Digest, folder: string): Promise<Found> {
    const isGone = async (): Promise<boolean> => (await this.files.infoIfThere(folder)) === undefined;
    try {
      if (await isGone()) return { state: 'missing' };
      const found = await this.inspect(archive, folder);
      return found.state === 'damaged' && (await isGone()) ? { state: 'missing' } : found;
    } catch (error) {
      if (await isGone()) return { state: 'missing' };
      throw error;
    }
  }

  private async inspect(archive: Digest, folder: string): Promise<Found> {
    const damaged = (reason: string): Found => ({ state: 'damaged', reason });
    const manifest = parse(await this.files.readIfThere(join(folder, 'manifest.json'), { use: true }));
    if (manifest === undefined) return damaged('its manifest is missing or damaged');
    if ((await this.files.infoIfThere(join(folder, 'files')))?.isFolder !== true) return damaged('its files are gone');
    if (holdsLinks(join(folder, 'files'))) return damaged('it contains links, which unpacking never creates');
    const tree = await this.digestTree(join(folder, 'files'), nameOf(archive));
    if (tree.treeDigest === manifest.tree && tree.paths.length === manifest.files)
      return { state: 'whole', listing: tree };
    return damaged('its files no longer match the archive');
  }

  pathOf(archive: Digest): string {
    return join(this.files.root, 'v1', 'unpacked', fileNameOf(archive));
  }
}

/** Links are followed where people's files are listed: those of a store from elsewhere could lead anywhere. */
function holdsLinks(folder: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => !entry.isFile() && !entry.isDirectory(),
  );
}

function nameOf(archive: Digest): string {
  return `unpacked ${archive}`;
}

function parse(bytes: Buffer | undefined): Manifest | undefined {
  const content = bytes && unseal(bytes);
  return typeof content === 'object' && isManifest(content) ? content : undefined;
}

const isManifest: Guard<Manifest> = isShapedAs({ format: isOneOf(1), tree: isDigest, files: isCount });

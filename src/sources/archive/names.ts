/** Which names of entries are taken, so that no archive writes outside its folder, nor one thing over another. */
import { failure, type PipelineError } from '../../core/problem.js';
import type { Limits } from './limits.js';

/** What the archives of macOS hold beside the files: copies of their resource forks. */
const RESOURCE_FORKS = '__MACOSX';

interface Taken {
  readonly spelling: string;
  readonly isFolder: boolean;
}

/** The names of one archive so far. */
export class Names {
  private readonly taken = new Map<string, Taken>();

  constructor(
    private readonly archive: string,
    private readonly bounds: Limits,
  ) {}

  /**
   * The path of an entry below the folder, with `/`; undefined for what is left out. Throws `unsafe` for a name that could lead
   * elsewhere, and for one that is there already: also where only case or the form of accents differs, as such
   * names are one file on some systems.
   */
  take(name: string, isFolder: boolean): string | undefined {
    const parts = this.partsOf(name);
    if (parts.length === 0 || parts[0] === RESOURCE_FORKS) return undefined;
    for (let depth = 1; depth < parts.length; depth++) this.claim(parts.slice(0, depth).join('/'), true);
    const path = parts.join('/');
    this.claim(path, isFolder);
    return path;
  }

  private partsOf(name: string): string[] {
    if (name.includes('\0')) throw this.refused(name, 'contains a NUL character');
    if (name.includes('\\')) throw this.refused(name, 'contains a backslash');
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw this.refused(name, 'is an absolute path');
    if (Buffer.byteLength(name) > this.bounds.pathBytes)
      throw this.refused(name, `is longer than ${this.bounds.pathBytes} bytes`);
    // `./` in front is how tar writes the folder that it was called in.
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw this.refused(name, 'leads out of the folder');
    if (parts.length > this.bounds.depth) throw this.refused(name, `is more than ${this.bounds.depth} folders deep`);
    const tooLong = parts.some((part) => Buffer.byteLength(part) > this.bounds.nameBytes);
    if (tooLong) throw this.refused(name, `has a folder or file name of more than ${this.bounds.nameBytes} bytes`);
    return parts;
  }

  private claim(path: string, isFolder: boolean): void {
    const key = folded(path);
    const before = this.taken.get(key);
    if (before === undefined) {
      this.taken.set(key, { spelling: path, isFolder });
    } else if (before.spelling !== path) {
      throw this.refused(
        path,
        `is the same name as ${shown(before.spelling)} on file systems that ignore case or Unicode forms`,
      );
    } else if (!isFolder || !before.isFolder) {
      throw this.refused(path, 'occurs twice');
    }
  }

  /** Refuses an entry for what it is rather than for its name. */
  refused(name: string, reason: string): PipelineError {
    return failure('unsafe', {
      code: 'archive-unsafe',
      where: this.archive,
      found: `contains an unsafe entry: ${shown(name)} ${reason}`,
      expected: 'an archive of plain files and folders with unique names',
      remedy: 'pack the images again, or use the folder that contains them',
    });
  }
}

/** Full case folding, as far as JavaScript has it, of the composed form. */
function folded(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function shown(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
}

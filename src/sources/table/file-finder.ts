/** Finds the files that a table names among those of a source. */
import { posix } from 'node:path';
import { hasImageName } from '../../core/image-name.js';

/** Where the names in a table start from: `add` is put in front of each, and `strip` leads from there to the source. */
export interface Base {
  readonly add: string;
  readonly strip: string;
}

export type Found = { readonly index: number } | { readonly fault: 'missing' | 'ambiguous' };

const AMBIGUOUS = -1;

export class FileFinder {
  private readonly exact: ReadonlyMap<string, number>;
  private loose: ReadonlyMap<string, number> | undefined;

  /** Paths relative to the source, with `/`. */
  constructor(private readonly paths: readonly string[]) {
    this.exact = new Map(paths.map((path, index) => [path, index]));
  }

  /** A name may have backslashes, another Unicode form, or no ending. */
  find(name: string, base: Base): Found {
    const found = this.findPlain(name, base);
    return 'fault' in found && name.includes('\\') ? this.findPlain(name.replaceAll('\\', '/'), base) : found;
  }

  private findPlain(name: string, { add, strip }: Base): Found {
    const whole = tidy(add + name);
    if (!whole.startsWith(strip)) return { fault: 'missing' };
    const path = whole.slice(strip.length);
    const index = this.exact.get(path);
    if (index !== undefined) return { index };
    this.loose ??= looseNames(this.paths);
    const loose = this.loose.get(path.normalize('NFC'));
    if (loose === undefined) return { fault: 'missing' };
    return loose === AMBIGUOUS ? { fault: 'ambiguous' } : { index: loose };
  }
}

/** The files by their names in composed Unicode, and those of images also without their endings. */
function looseNames(paths: readonly string[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  const add = (name: string, index: number): void => void names.set(name, names.has(name) ? AMBIGUOUS : index);
  paths.forEach((path, index) => {
    const name = path.normalize('NFC');
    add(name, index);
    if (hasImageName(path)) add(name.slice(0, name.lastIndexOf('.')), index);
  });
  return names;
}

function tidy(path: string): string {
  return path.includes('./') || path.includes('//') ? posix.normalize(path) : path;
}

/**
 * Paths that were written for a shell: a pipeline takes every path as it is, so `~` and `$HOME` are names of folders.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What to report about such a path if nothing is found at it. */
export interface ShellPath {
  /** `` `~` is not expanded `` */
  readonly found: string;
  readonly remedy: string;
}

/** Undefined for a path that a shell would take as it is too. */
export function shellPath(path: string, environment: NodeJS.ProcessEnv = process.env): ShellPath | undefined {
  // Of a path from the command line, the current folder is in front.
  const home = /(?:^|\/)~(?=[\\/]|$)/.exec(path);
  if (home !== null) {
    const below = path.slice(home.index + home[0].length + 1);
    return { found: '`~` is not expanded', remedy: instead(join(homedir(), forward(below))) };
  }
  const variable = /\$(?:\{(\w+)\}|(\w+))|%(\w+)%/.exec(path);
  if (variable !== null) {
    const [written, ...names] = variable;
    const value = environment[names.find((name) => name !== undefined)!];
    const after = path.slice(variable.index + written.length);
    const before = value?.startsWith('/') ? '' : path.slice(0, variable.index);
    const remedy =
      value === undefined
        ? 'write the path itself, or one that starts from the project'
        : instead(`${before}${value}${after}`);
    return { found: `\`${written}\` is not expanded`, remedy };
  }
  if (process.platform === 'win32') return undefined;
  const drive = /(?:^|\/)([A-Za-z]):[\\/](.*)$/.exec(path);
  if (drive !== null) {
    const [, letter, below] = drive;
    const mounted = `/mnt/${letter.toLowerCase()}/${forward(below)}`;
    return { found: 'it is a Windows path', remedy: `write the path on this system; in WSL it is \`${mounted}\`` };
  }
  if (!path.includes('\\')) return undefined;
  return {
    found: '`\\` is part of a name on this system and does not separate folders',
    remedy: `write it with \`/\`: \`${forward(path)}\``,
  };
}

function forward(path: string): string {
  return path.replaceAll('\\', '/');
}

function instead(path: string): string {
  return `write \`${path}\`, or a path that starts from the project`;
}

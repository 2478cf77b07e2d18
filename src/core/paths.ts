/** Whether one path is inside another, and how people read them. Both paths are absolute. */
import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is a folder or is inside it. */
export function isWithin(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  // A name may begin with two dots, and another drive of Windows is not a relative path.
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** A path as shown to someone in a folder: relative if it is inside, `.` for the folder, otherwise unchanged. */
export function shownFrom(folder: string, path: string): string {
  return isWithin(path, folder) ? relative(folder, path) || '.' : path;
}

/** The length of a name that every common file system takes. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 1024;

/** What no name can contain that this tool chooses; backslash and colon mean other places on Windows. */
const special = /[\\:\u0000-\u001f\u007f]/;

/**
 * Whether a text names something below a folder: names with `/` between them, none of which is empty, `.` or `..`.
 * Names of people's files may contain anything else that this system takes.
 */
export function staysInside(text: unknown): text is string {
  if (typeof text !== 'string' || text.includes('\0') || isAbsolute(text)) return false;
  const names = sep === '\\' ? text.split(/[/\\]/) : text.split('/');
  return names.every((name) => name !== '' && name !== '.' && name !== '..') && !(sep === '\\' && text.includes(':'));
}

/**
 * The same for names that this tool chooses and finds again on a disk, on any system. `__proto__` is none of them: as
 * the name of a member it means something else.
 */
export function isInnerPath(text: unknown): text is string {
  if (!staysInside(text) || special.test(text) || text.length > LONGEST_PATH) return false;
  return text.split('/').every((name) => name !== '__proto__' && Buffer.byteLength(name) <= LONGEST_NAME);
}

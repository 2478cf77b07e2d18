/** Where paths lie, and how people read them. Both paths of a question are absolute. */
import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is that of a folder, or lies inside it. */
export function isWithin(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  // A name may begin with two dots, and another drive of Windows is not a relative path.
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** A path as it is shown to somebody in a folder: relative where it lies inside, `.` for the folder, else as it is. */
export function shownFrom(folder: string, path: string): string {
  return isWithin(path, folder) ? relative(folder, path) || '.' : path;
}

/** The length of a name that every common file system takes. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 1024;

/** What no name can contain that this tool chooses; backslash and colon mean other places on Windows. */
const special = /[\\:\u0000-\u001f\u007f]/;

/**
 * Whether a text names something below a folder: names with `/` between them, none of which is empty, `.` or `..`. Names of
 * people's files may contain anything else that this system takes.
 */
export function staysInside(text: unknown): text is string {
  if (typeof text !== 'string' || text.includes('\0') || isAbsolute(text)) return false;
  const names = sep === '\\' ? text.split(/[/\\]/) : text.split('/');
  return names.every((name) => name !== '' && name !== '.' && name !== '..') && !(sep === '\\' && text.includes(':'));
}

/**
 * The same for names that this tool chooses and finds again on a disk, on any system. `__proto__` is none of them: as the
 * name of a member it means something else.
 */
export function isInnerPath(text: unknown): text is string {
  if (!staysInside(text) || special.test(text) || text.length > LONGEST_PATH) return false;
  return text.split('/').every((name) => name !== '__proto__' && Buffer.byteLength(name) <= LONGEST_NAME);
}

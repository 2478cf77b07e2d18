/** Where paths lie, and how people read them. Both paths of a question are absolute. */
import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is that of a folder, or lies inside it. */
export function isWithin(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  // A name may begin with two dots, and another drive of Windows is no relative path.
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** A path as it is shown to somebody in a folder: relative where it lies inside, `.` for the folder, else as it is. */
export function shownFrom(folder: string, path: string): string {
  return isWithin(path, folder) ? relative(folder, path) || '.' : path;
}

/** How names of classes and stages fit into tables and lists. */
import { columnsOf } from '../text-width.js';

/** A longer name takes several lines, and its table the whole width. */
const LONG_NAME = 16;

/** Whether some names do not fit next to numbers on a phone. */
export function hasLongNames(names: readonly string[]): boolean {
  return names.some((name) => columnsOf(name) > LONG_NAME);
}

/** The class of tables with these names in the first column, which stays in view if the table is scrolled. */
export function namesClass(names: readonly string[]): string {
  return hasLongNames(names) ? 'names long' : 'names';
}

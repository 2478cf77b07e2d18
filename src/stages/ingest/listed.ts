/** A finding about several files, which lists all of them. */
import type { Finding } from '../../core/finding.js';
import { count } from '../../core/text/count.js';

/** None if the list is empty. */
export function listed(
  level: Finding['level'],
  code: string,
  list: readonly string[],
  what: string,
  remedy?: string,
  noun = 'image',
): Finding[] {
  if (list.length === 0) return [];
  return [{ level, about: 'data', code, text: `${what}: ${count(list.length, noun)}`, list, remedy }];
}

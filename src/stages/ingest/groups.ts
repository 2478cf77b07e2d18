/** Groups of images by a pattern of file names: `{group}_{any}.jpg`. */
import { isPattern, matchPattern, parsePattern } from '../../core/name-pattern.js';
import type { IngestConfig } from '../../core/schema-types.js';
import type { Candidate, Labeling } from './labeling.js';
import { rowProblems, type BadRow } from './row-faults.js';

/** The labels, with groups if a pattern says them. An image without a group would be on a side of its own. */
export function withGroups({ split }: IngestConfig, labeling: Labeling, shown: string): Labeling {
  if (split.group === undefined || !isPattern(split.group)) return labeling;
  const pattern = parsePattern(split.group, 'group');
  if (!('parts' in pattern)) return labeling;
  const without: BadRow[] = [];
  const candidates = labeling.candidates.map((candidate): Candidate => {
    const group = matchPattern(pattern, candidate.path)?.group;
    if (group === undefined)
      without.push({
        where: `${shown}/${candidate.path}`,
        kind: 'ungrouped',
        reason: `does not match \`split.group\`, \`${split.group}\``,
      });
    return { ...candidate, group: group ?? candidate.path };
  });
  const faults = { rows: without, withoutRow: [], tables: [], where: split.group, tableOf: () => shown, shown };
  const problems = rowProblems(faults).map(({ remedy, ...problem }) =>
    remedy === undefined ? problem : { ...problem, remedy: 'correct `split.group`' },
  );
  return { ...labeling, candidates, rowFaults: [...labeling.rowFaults, ...problems] };
}

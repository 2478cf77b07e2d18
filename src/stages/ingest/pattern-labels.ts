/** Labels by the names of files: `{label}.{number}.jpg`. */
import { compareCodePoints } from '../../core/canonical.js';
import { classNameOf } from '../../core/class-layout.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { hasImageName } from '../../core/image-name.js';
import { matchPattern, parsePattern, type NamePattern } from '../../core/name-pattern.js';
import { failure } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { nameList } from '../../core/text/names.js';
import { askedSplit } from './asked.js';
import { classFaults } from './class-faults.js';
import type { Candidate, Labeling } from './labeling.js';
import { isUsable } from './probe.js';
import { rowFindings, rowNotes, rowProblems, type BadRow } from './row-faults.js';

export function patternLabels(config: IngestConfig, text: string, listing: FolderListing, shown: string): Labeling {
  const pattern = parsedPattern(text);
  const candidates: Candidate[] = [];
  const bad: BadRow[] = [];
  listing.paths.forEach((path, index) => {
    if (!hasImageName(path) && !isUsable(listing.probeAt(index))) return;
    const said = labelOf(pattern, path);
    if ('fault' in said) bad.push({ where: `${shown}/${path}`, kind: said.kind, reason: said.fault });
    else candidates.push({ index, path, ...said });
  });
  const labels = [...new Set(candidates.flatMap(({ className }) => className ?? []))].sort(compareCodePoints);
  const faults = { rows: bad, withoutRow: [], tables: [], where: text, tableOf: () => text, shown };
  return {
    kind: 'pattern',
    labels,
    splits: new Set(candidates.flatMap(({ split }) => split ?? [])),
    candidates,
    placeOf: (path) => {
      const said = labelOf(pattern, path);
      return 'fault' in said ? null : said;
    },
    faults: () =>
      classFaults(config, labels, {
        missing: (names) => ({
          code: 'class-without-names',
          where: shown,
          found: `contains no image whose name says the ${names}`,
          expected: `one of the labels ${nameList(labels, 'or')}`,
          remedy: 'correct `classes`, or remove it to use the labels as they are',
        }),
        single: {
          code: labels.length === 0 ? 'no-pictures' : 'one-class',
          where: shown,
          found:
            labels.length === 0
              ? `contains no image whose name matches \`${text}\``
              : `contains only one label by \`${text}\`, \`${labels[0]}\``,
          expected: 'images of at least two classes',
          remedy: 'correct `labels.pattern`',
        },
      }),
    // Where no name matches, the pattern is wrong, and not each of the names.
    rowFaults: config.on_bad_row === 'fail' && labels.length > 0 ? rowProblems(faults) : [],
    notes: config.on_bad_row === 'skip' ? rowNotes(faults) : [],
    findings: rowFindings(faults, config.on_bad_row),
  };
}

/** A pattern that the check before a run has accepted. */
function parsedPattern(text: string): NamePattern {
  const parsed = parsePattern(text, 'label');
  if ('parts' in parsed) return parsed;
  throw failure('invalid', {
    code: 'bad-pattern',
    field: ['labels', 'pattern'],
    found: `\`${text}\` is not a pattern`,
  });
}

type Said =
  Pick<Candidate, 'className' | 'split' | 'group'> | { readonly kind: BadRow['kind']; readonly fault: string };

function labelOf(pattern: NamePattern, path: string): Said {
  const captured = matchPattern(pattern, path);
  if (captured?.label === undefined) return { kind: 'unmatched', fault: 'does not match `labels.pattern`' };
  const split = askedSplit(captured.split);
  if ('fault' in split) return { kind: 'split', ...split };
  const { group } = captured;
  return { className: classNameOf(captured.label), ...split, ...(group !== undefined && { group }) };
}

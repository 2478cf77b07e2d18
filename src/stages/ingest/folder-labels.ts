/** Labels by folders: one folder per class. */
import { isCompanion } from '../../core/clutter.js';
import { count } from '../../core/text/count.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { layoutNotes } from '../../core/layout-words.js';
import type { IngestConfig } from '../../core/schema-types.js';
import type { Finding } from '../../core/finding.js';
import { folderFaults, unreadClasses } from './class-faults.js';
import type { Note, Shown } from './gathered.js';
import type { Labeling } from './labeling.js';
import type { Layout } from './layout.js';
import { listed } from './listed.js';

export function folderLabels(config: IngestConfig, layout: Layout, listing: FolderListing, shown: Shown): Labeling {
  const { classes, splits, candidates, placeOf } = layout;
  return {
    kind: 'folders',
    labels: classes,
    splits,
    candidates,
    placeOf,
    faults: (unread) => [...unreadClasses(unread, layout, config, shown), ...folderFaults(config, layout, shown)],
    rowFaults: [],
    notes: notesOf(layout, listing),
    findings: findingsOf(layout),
  };
}

function notesOf(layout: Layout, { paths }: FolderListing): Note[] {
  const { unused, inside } = layout;
  // Annotations and tables belong beside images; doctor lists them.
  const strays = layout.strays.filter((path) => !isCompanion(path));
  const notes: Note[] = [...layoutNotes(layout)];
  for (const name of unused) {
    const folder = `${[...inside, name].join('/')}/`;
    const files = paths.filter((path) => path.startsWith(folder)).length;
    notes.push({
      code: 'folder-left-out',
      text: `the folder \`${name}\` is not used (${count(files, 'file')}): it is next to split folders but is not a split`,
    });
  }
  if (strays.length > 0)
    notes.push({
      code: 'files-outside-classes',
      text: `${count(strays.length, 'file')} outside all class folders${strays.length === 1 ? ':' : ', such as'} ${strays[0]}`,
    });
  return notes;
}

function findingsOf(layout: Layout): Finding[] {
  return [
    ...layoutNotes(layout).map(({ code, text }): Finding => ({ level: 'note', about: 'data', code, text })),
    ...listed(
      'warning',
      'folder-left-out',
      layout.unused.map((name) => [...layout.inside, name].join('/')),
      'next to split folders but not a split, not used',
      undefined,
      'folder',
    ),
    ...listed('warning', 'files-outside-classes', layout.strays, 'outside all class folders', undefined, 'file'),
  ];
}

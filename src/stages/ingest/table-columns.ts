/** Which columns of a table are read: those that the pipeline names, and of the others those with a usual name. */
import { nearest } from '../../core/text/did-you-mean.js';
import { nameList } from '../../core/text/names.js';
import { PipelineError, type Problem } from '../../core/problem.js';
import { usualColumn, usualLabels, usualSplits } from '../../sources/table/usual-columns.js';

/** What a column can say. */
const columnRoles = ['file', 'label', 'split', 'weight', 'group'] as const;

/** Without these, a table says nothing. */
const needed: readonly ColumnRole[] = ['file', 'label'];
export type ColumnRole = (typeof columnRoles)[number];

/**
 * The columns that the pipeline names; `false` for one that is not read although its name is usual. Several columns of
 * labels are columns of 0 and 1, one per label.
 */
export type NamedColumns = Readonly<Partial<Record<Exclude<ColumnRole, 'label'>, string | false>>> & {
  readonly label?: string | readonly string[];
};

export interface TableColumns {
  /** Indexes into the columns of the table. */
  readonly at: Readonly<Partial<Record<ColumnRole, number>>>;
  /** Columns of 0 and 1, which take the place of a column of labels. */
  readonly flags?: readonly FlagColumn[];
  /** Roles whose column has a usual name, and is not named by the pipeline. */
  readonly assumed: readonly ColumnRole[];
}

interface FlagColumn {
  readonly name: string;
  readonly index: number;
}

/** Names in lower case, without separators; the first that a table has is taken. */
const usualNames: Readonly<Record<ColumnRole, readonly string[]>> = {
  file: [
    'filename',
    'file',
    'filepath',
    'path',
    'imagepath',
    'image',
    'imagename',
    'imageid',
    'img',
    'url',
    'imageurl',
    'id',
  ],
  label: usualLabels,
  split: usualSplits,
  // Whether images count differently, or belong together, is for the pipeline to say.
  weight: [],
  group: [],
};

const meanings: Readonly<Record<ColumnRole, string>> = {
  file: 'the image files',
  label: 'the labels',
  split: 'the splits',
  weight: 'the weights',
  group: 'the groups',
};

/** Throws `bad-data` if a column is missing, or is there twice. `where` is what people know the table by. */
export function chooseColumns(columns: readonly string[], named: NamedColumns, where: string): TableColumns {
  const at: Partial<Record<ColumnRole, number>> = {};
  const assumed: ColumnRole[] = [];
  let flags: readonly FlagColumn[] | undefined;
  const problems: Problem[] = [];
  for (const role of columnRoles) {
    const name = named[role];
    if (name === false) continue;
    if (typeof name === 'object') {
      flags = name.map((flag) => ({ name: flag, index: columns.indexOf(flag) }));
      problems.push(...flags.flatMap((flag) => flagProblem(flag, columns, where) ?? []));
      continue;
    }
    const index = name === undefined ? usualColumn(columns, usualNames[role]) : columns.indexOf(name);
    if (index < 0 && name === undefined && !needed.includes(role)) continue;
    if (index < 0) problems.push(missingColumn(role, name, columns, where));
    else if (isTwice(index, columns)) problems.push(twice(role, columns[index], where));
    else at[role] = index;
    if (name === undefined && index >= 0) assumed.push(role);
  }
  if (problems.length > 0) throw new PipelineError('bad-data', problems);
  return { at, assumed, ...(flags !== undefined && { flags }) };
}

function flagProblem({ name, index }: FlagColumn, columns: readonly string[], where: string): Problem | undefined {
  if (index < 0) return missingColumn('label', name, columns, where);
  return isTwice(index, columns) ? twice('label', name, where) : undefined;
}

function isTwice(index: number, columns: readonly string[]): boolean {
  return columns.indexOf(columns[index], index + 1) >= 0;
}

function missingColumn(role: ColumnRole, name: string | undefined, columns: readonly string[], where: string): Problem {
  const expected = `one of the columns ${nameList(columns, 'or')}`;
  if (name === undefined)
    return {
      code: 'column-not-named',
      where,
      field: ['labels'],
      found: `has no column with a usual name for ${meanings[role]}`,
      expected,
      remedy: `name the column, for example \`${role}: ${columns[0]}\` in \`labels\``,
    };
  const near = nearest(name, columns);
  return {
    code: 'column-missing',
    where,
    field: ['labels', role],
    found: `has no column \`${name}\``,
    expected,
    remedy: near === undefined ? `correct \`labels.${role}\`` : `did you mean \`${near}\`?`,
  };
}

function twice(role: ColumnRole, name: string, where: string): Problem {
  return {
    code: 'column-twice',
    where,
    field: ['labels'],
    found: `has two columns \`${name}\``,
    expected: `one column for ${meanings[role]}`,
    remedy: 'rename one of them',
  };
}

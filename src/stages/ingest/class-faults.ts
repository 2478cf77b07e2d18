/** What a run refuses in the classes of a source, and what to do about it. */
import { classNamesOf } from '../../core/class-names.js';
import { questionProblem } from '../../core/layout-words.js';
import { nameList } from '../../core/text/names.js';
import { nearest } from '../../core/text/did-you-mean.js';
import type { Problem } from '../../core/problem.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { nameOf } from '../../core/source.js';
import type { PassedOver } from '../../core/folder-listing.js';
import type { Layout } from './layout.js';
import type { Shown } from './gathered.js';

export function folderFaults(config: IngestConfig, layout: Layout, { hint }: Shown): Problem[] {
  const where = nameOf(config.source);
  const { classes, parts, question, strays } = layout;
  if (question !== undefined) return [questionProblem(question, where)];
  if (classes.length === 0 && parts.some(({ split }) => split !== undefined)) {
    return [
      {
        code: 'no-class-folders',
        where,
        found: `contains split folders without class folders: ${strays[0] ?? 'no image'} has no class`,
        expected: 'one folder per class in train/, validation/ and test/',
        remedy:
          'sort the images into class folders; if the folders are classes, write `split_folders: {}` in the ingest stage',
        ...hint,
      },
    ];
  }
  if (classes.length === 0) {
    return [
      {
        code: 'no-pictures',
        where,
        found: 'contains no folders with images',
        expected: 'one folder of images per class, or such folders in train/ and validation/',
        remedy: 'put the images into class folders, or point `source` at the folder above them',
        ...hint,
      },
    ];
  }
  return classFaults(config, classes, {
    missing: (names) => ({
      code: 'class-without-folder',
      found: `has no folder with images for the ${names}`,
      expected: `one of the folders ${nameList(classes, 'or')}`,
      remedy: 'correct `classes`, or remove it to use the folders as they are',
    }),
    single: {
      code: 'one-class',
      found: `contains only one class, \`${classes[0]}\``,
      expected: 'at least two class folders',
      remedy: 'add a folder for a second class, or point `source` at the folder that contains the class folders',
      ...hint,
    },
  }).map((problem) => ({ where, ...problem }));
}

/** How the problems of classes are worded. */
interface Words {
  /** `names` is `` classes `a` and `b` ``. */
  missing(names: string): Problem;
  readonly single: Problem;
}

/** Labels of the pipeline that no image has, and fewer than two classes. */
export function classFaults(config: IngestConfig, present: readonly string[], words: Words): Problem[] {
  const named = classNamesOf(config);
  const missing = named.labels.map(({ label }) => label).filter((label) => !present.includes(label));
  if (missing.length > 0) {
    const near = nearest(missing[0], present);
    const problem = words.missing(`class${missing.length === 1 ? '' : 'es'} ${nameList(missing)}`);
    return [{ ...problem, remedy: near === undefined ? problem.remedy : `did you mean \`${near}\`?` }];
  }
  const classes = new Set(present.map(named.of).filter((name) => name !== undefined));
  return (named.names?.length ?? classes.size) >= 2 ? [] : [words.single];
}

/**
 * Links and names that cannot be read where a class or a split could be: without this, a class would be missing from
 * the model. What the pipeline leaves out by its own `classes` may be anything.
 */
export function unreadClasses(
  unread: readonly PassedOver[],
  layout: Layout,
  config: IngestConfig,
  { folder }: Shown,
): Problem[] {
  const places = new Set([
    ...layout.parts.flatMap(({ path }) => path.map((_, depth) => path.slice(0, depth + 1).join('/'))),
    '',
  ]);
  const named = classNamesOf(config);
  return unread.flatMap(({ path, kind, why }) => {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (kind === 'special' || /\.[a-z][a-z0-9]{0,4}$/i.test(name) || !places.has(path.slice(0, Math.max(0, slash))))
      return [];
    if (named.of(name) === undefined) return [];
    return {
      code: 'class-not-read',
      where: `${folder}/${path}`,
      found: why,
      expected: 'a readable folder, because it may be a class',
      remedy:
        kind === 'link' ? 'restore the target of the link, or remove the link' : 'rename the folder to valid UTF-8',
    };
  });
}

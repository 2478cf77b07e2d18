/** Rules about the folders of a source themselves: those that are empty, and splits that nothing is left for. */
import { nameList } from '../../core/text/names.js';
import type { Problem } from '../../core/problem.js';
import { nameOf } from '../../core/source.js';
import type { SourceFolders } from '../class-folders.js';
import { type LintContext, nearestOf, stagesOf } from './lineage.js';

/** If the file names the classes, the other folders are left out on purpose. */
export function emptyFolders({ stages, locator }: LintContext, sources: ReadonlyMap<string, SourceFolders>): Problem[] {
  return stagesOf(stages, 'ingest').flatMap(({ name, config: { source, classes } }) => {
    const empty = sources.get(name)?.empty ?? [];
    if (empty.length === 0 || classes !== undefined) return [];
    return [
      {
        code: 'empty-class-folder',
        ...locator.at(['stages', name, 'source']),
        ...emptyFolderText(empty, nameOf(source)),
      },
    ];
  });
}

/** The message about folders without files, here and before there is a pipeline. */
export function emptyFolderText(empty: readonly string[], source: string): Pick<Problem, 'found' | 'remedy'> {
  const [subject, rest, remedy] =
    empty.length === 1
      ? ['folder', 'is empty, so it is not a class', 'it, or remove it']
      : ['folders', 'are empty, so they are not classes', 'them, or remove them'];
  return { found: `the ${subject} ${nameList(empty)} in \`${source}\` ${rest}`, remedy: `put images into ${remedy}` };
}

/**
 * Evaluations on test images if no folder and no share provides any. Otherwise this would show up only after training.
 */
export function testProblems({ stages, locator }: LintContext, sources: ReadonlyMap<string, SourceFolders>): Problem[] {
  return stagesOf(stages, 'evaluate').flatMap((evaluate) => {
    const ingest = nearestOf(stages, evaluate, 'data', 'ingest');
    const folders = ingest && sources.get(ingest.name);
    if (evaluate.config.split !== 'test' || folders?.classes === undefined) return [];
    const { splits } = folders.layout;
    // A share is taken from folders that leave the split open: a validation folder settles it for those of train/ too.
    const shared = ingest!.config.split.test > 0 && !splits.has('validation');
    if (splits.has('test') || shared) return [];
    const name = nameOf(ingest!.config.source);
    return [
      {
        code: 'no-test-pictures',
        ...locator.at(['stages', evaluate.name, 'split']),
        found: `there are no test images: \`${name}\` has no folder \`test\`, and ${splits.has('validation') ? 'its folders decide the splits' : `\`split.test\` of \`${ingest!.name}\` is 0`}`,
        expected: splits.has('validation')
          ? `a folder \`test\` in \`${name}\`, with one folder per class`
          : `a share in \`split.test\` of \`${ingest!.name}\`, or a folder \`test\` in \`${name}\``,
        remedy: splits.has('validation')
          ? 'add that folder, or write `split: validation`'
          : `write \`split: {test: 0.1}\` in \`${ingest!.name}\`, or \`split: validation\` here`,
      },
    ];
  });
}

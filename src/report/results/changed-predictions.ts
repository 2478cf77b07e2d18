/** Images whose prediction is right in one run and wrong in another. */
import { compareCodePoints } from '../../core/canonical.js';
import { isRight, labeledClasses, predictedClasses } from '../../model/predicted-row.js';
import type { Predictions } from '../../model/results.js';
import type { Evaluation } from './evaluations.js';
import { valueOf } from './kept.js';

/** The prediction of a run for an image. */
interface Verdict {
  /** The true class, or all of them in a list with commas. */
  readonly label: string;
  readonly predicted: string;
  /** Of the predicted class; left out where an image has several. */
  readonly score?: number;
}

export interface ChangedImage {
  readonly digest: string;
  /** Its paths below the source; those of the later run if both have some. */
  readonly files: readonly string[];
  readonly before: Verdict;
  readonly after: Verdict;
}

export interface ChangedPredictions {
  /** Images that both runs evaluated. */
  readonly compared: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** Those that became wrong and right, each by digest. */
  readonly wrong: readonly ChangedImage[];
  readonly right: readonly ChangedImage[];
}

/** Undefined if the store no longer has the predictions of a run. */
export function changedPredictions(before: Evaluation, after: Evaluation): ChangedPredictions | undefined {
  const earlier = valueOf(before.predictions);
  const later = valueOf(after.predictions);
  if (earlier === undefined || later === undefined) return undefined;
  const earlierRows = new Map(earlier.rows.map((row) => [row.digest, row] as const));
  const shared = [...later.rows]
    .filter(({ digest }) => earlierRows.has(digest))
    .sort((a, b) => compareCodePoints(a.digest, b.digest));
  const turned = shared.flatMap((row): ChangedImage[] => {
    const old = earlierRows.get(row.digest)!;
    if (isRight(old) === isRight(row)) return [];
    return [
      {
        digest: row.digest,
        files: filesOf(row.digest, after, before),
        before: verdict(old, earlier),
        after: verdict(row, later),
      },
    ];
  });
  return {
    compared: shared.length,
    onlyBefore: earlier.rows.length - shared.length,
    onlyAfter: later.rows.length - shared.length,
    wrong: turned.filter(({ after: { label, predicted } }) => label !== predicted),
    right: turned.filter(({ after: { label, predicted } }) => label === predicted),
  };
}

function verdict(row: Predictions['rows'][number], { classes }: Predictions): Verdict {
  const names = (indexes: readonly number[]): string => indexes.map((index) => classes[index]).join(', ') || 'no class';
  const both = { label: names(labeledClasses(row)), predicted: names(predictedClasses(row)) };
  return 'labels' in row ? both : { ...both, score: row.scores[row.predicted] };
}

function filesOf(digest: string, ...evaluations: readonly Evaluation[]): readonly string[] {
  for (const { files } of evaluations) {
    const found = valueOf(files)?.paths[digest];
    if (found !== undefined) return found;
  }
  return [];
}

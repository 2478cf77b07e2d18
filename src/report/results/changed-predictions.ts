/** Pictures that one run took for the right class and another did not. */
import { compareCodePoints } from '../../core/canonical.js';
import type { PredictionRow, Predictions } from '../../model/results.js';
import type { Evaluation } from './evaluations.js';
import { valueOf } from './kept.js';

/** What a run said of a picture. */
export interface Verdict {
  /** The class that the pictures' folders name. */
  readonly label: string;
  readonly predicted: string;
  /** Of the predicted class. */
  readonly score: number;
}

export interface TurnedPicture {
  readonly digest: string;
  /** Its names, below the source; those of the later run where both know some. */
  readonly files: readonly string[];
  readonly before: Verdict;
  readonly after: Verdict;
}

export interface Turned {
  /** Pictures that both runs evaluated; the others say nothing. */
  readonly compared: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** Those that became wrong and right, each by digest. */
  readonly wrong: readonly TurnedPicture[];
  readonly right: readonly TurnedPicture[];
}

/** Undefined where the store has forgotten what one of the runs said. */
export function turnedBetween(before: Evaluation, after: Evaluation): Turned | undefined {
  const was = valueOf(before.predictions);
  const is = valueOf(after.predictions);
  if (was === undefined || is === undefined) return undefined;
  const earlier = new Map(was.rows.map((row) => [row.digest, row]));
  const shared = is.rows
    .filter(({ digest }) => earlier.has(digest))
    .sort((a, b) => compareCodePoints(a.digest, b.digest));
  const turned = shared.flatMap((row): TurnedPicture[] => {
    const old = earlier.get(row.digest)!;
    if (isRight(old) === isRight(row)) return [];
    return [
      {
        digest: row.digest,
        files: filesOf(row.digest, after, before),
        before: verdict(old, was),
        after: verdict(row, is),
      },
    ];
  });
  return {
    compared: shared.length,
    onlyBefore: was.rows.length - shared.length,
    onlyAfter: is.rows.length - shared.length,
    wrong: turned.filter(({ after: { label, predicted } }) => label !== predicted),
    right: turned.filter(({ after: { label, predicted } }) => label === predicted),
  };
}

function isRight({ label, predicted }: PredictionRow): boolean {
  return label === predicted;
}

function verdict({ label, predicted, scores }: PredictionRow, { classes }: Predictions): Verdict {
  return { label: classes[label], predicted: classes[predicted], score: scores[predicted] };
}

function filesOf(digest: string, ...evaluations: readonly Evaluation[]): readonly string[] {
  for (const { files } of evaluations) {
    const found = valueOf(files)?.paths[digest];
    if (found !== undefined) return found;
  }
  return [];
}

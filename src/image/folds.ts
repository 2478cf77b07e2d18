/** Divides the images of a pipeline with `cross_validation` into folds, by their own content. */
import type { Part } from '../core/cross-validation.js';
import { digestOf, type Digest } from '../core/digest.js';
import type { SampleRow } from './dataset.js';

/**
 * The rows as one part of a cross-validation sees them. All but the test split are divided: those of the held-out fold
 * are for validation, the others for training. Nothing is held out from the final model.
 */
export function splitByFold(rows: readonly SampleRow[], classes: readonly string[], part: Part): SampleRow[] {
  const pool = new Map<Digest, SampleRow>();
  for (const row of rows) if (row[2] !== 'test' && !pool.has(row[0])) pool.set(row[0], row);
  const heldOut = part.kind === 'fold' ? foldsOf([...pool.values()], classes, part.folds) : undefined;
  const divided = [...pool.values()].map(([digest, label, _, ...rest]): SampleRow => {
    const split = part.kind === 'fold' && heldOut?.get(digest) === part.fold ? 'validation' : 'train';
    return [digest, label, split, ...rest];
  });
  return [...divided, ...rows.filter(([, , split]) => split === 'test')];
}

/**
 * The fold (from 1) of each image. `rows` are ordered by digest. Each class is cut into equal runs of its images in that
 * order, so that the folds of a class differ by one image at most. An image more moves each cut by one place at most, so
 * at most one old image crosses each of them. Other classes decide nothing, and neither do names or paths.
 */
export function foldsOf(rows: readonly SampleRow[], classes: readonly string[], folds: number): Map<Digest, number> {
  const strata = new Map<string, Digest[]>();
  for (const [digest, label] of rows) {
    const name = classes[label];
    const digests = strata.get(name);
    if (digests === undefined) strata.set(name, [digest]);
    else digests.push(digest);
  }
  const assigned = new Map<Digest, number>();
  for (const [name, digests] of strata) {
    const turn = turnOf(name, folds);
    digests.forEach((digest, place) => {
      const run = Math.floor((place * folds) / digests.length);
      assigned.set(digest, ((run + turn) % folds) + 1);
    });
  }
  return assigned;
}

/** Which fold the first images of a class go to: otherwise the same folds would get the larger part of every class. */
function turnOf(className: string, folds: number): number {
  return parseInt(digestOf(`pipeline-folds\n${className}`).slice(0, 8), 16) % folds;
}

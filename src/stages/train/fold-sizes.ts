/** Whether there are images enough for the folds of a cross-validation. */
import { failure } from '../../core/problem.js';
import { count } from '../../core/text/count.js';
import { plainNames } from '../../core/text/names.js';
import type { Data } from '../../features/data.js';

/** Throws `bad-data` if a fold is empty. Notes classes that some folds lack. */
export function requireEnough(data: Data, folds: number, note: (code: string, text: string) => void): void {
  const [training, heldOut] = [data.of('train'), data.of('validation')];
  const total = training.size + heldOut.size;
  if (training.size === 0 || heldOut.size === 0) {
    throw failure('bad-data', {
      code: 'too-few-for-folds',
      found: `there are too few images for ${folds} folds: ${count(total, 'image')}`,
      expected: 'images in each fold',
      remedy: 'lower `cross_validation.folds`, or add images (or groups, if images are in groups)',
    });
  }
  const counts = new Map<number, number>();
  for (const label of [...training.values(), ...heldOut.values()].flat())
    counts.set(label, (counts.get(label) ?? 0) + 1);
  const few = data.spec.classes.filter((_, label) => (counts.get(label) ?? 0) < folds);
  if (few.length === 0) return;
  note(
    'few-for-folds',
    `fewer than ${folds} images of ${plainNames(few, 5)}: some of the ${folds} folds have none of ${few.length === 1 ? 'it' : 'them'}`,
  );
}

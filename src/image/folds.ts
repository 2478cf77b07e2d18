/** Divides the images of a pipeline with `cross_validation` into folds, by their own content. */
import { compareCodePoints } from '../core/canonical.js';
import type { Part } from '../core/cross-validation.js';
import { digestOf, type Digest } from '../core/digest.js';
import type { SampleRow } from './dataset.js';
import { NO_CLASS, strataOf } from './strata.js';

/**
 * The rows as one part of a cross-validation sees them. All but the test split are divided: those of the held-out fold
 * are for validation, the others for training. Nothing is held out from the final model. `groups` has the group of each
 * row, if there are groups.
 */
export function splitByFold(
  rows: readonly SampleRow[],
  classes: readonly string[],
  part: Part,
  groups?: readonly number[],
): SampleRow[] {
  const pool = new Map<Digest, SampleRow>();
  const groupOf = new Map<Digest, number>();
  rows.forEach((row, index) => {
    const [digest, , split] = row;
    if (split === 'test' || pool.has(digest)) return;
    pool.set(digest, row);
    if (groups !== undefined) groupOf.set(digest, groups[index]);
  });
  const heldOut = part.kind === 'fold' ? foldsOf([...pool.values()], classes, part.folds, groupOf) : undefined;
  const divided = [...pool.values()].map(([digest, label, _, ...rest]): SampleRow => {
    const split = part.kind === 'fold' && heldOut?.get(digest) === part.fold ? 'validation' : 'train';
    return [digest, label, split, ...rest];
  });
  return [...divided, ...rows.filter(([, , split]) => split === 'test')];
}

/** Images that stay together: those of a group, or one alone. */
interface Unit {
  readonly digests: Digest[];
  /** The class that each is divided with: its own or, of several, the rarest. */
  readonly classes: string[];
}

/**
 * The fold (from 1) of each image. `rows` are ordered by digest, and `groupOf` has the group of an image, if any. Each
 * class is cut into equal runs of its images in that order, so that the folds of a class differ by one image at most,
 * or by what its groups allow: a group is never cut, and counts for the class that it has most images of. An image more
 * moves each cut by one place at most, so at most one old image (or group) crosses each of them. Other classes decide
 * nothing, and neither do names or paths. An image of several classes is divided with those that have the same rarest
 * class.
 */
export function foldsOf(
  rows: readonly SampleRow[],
  classes: readonly string[],
  folds: number,
  groupOf: ReadonlyMap<Digest, number> = new Map(),
): Map<Digest, number> {
  const strata = new Map<string, Unit[]>();
  for (const unit of unitsOf(rows, classes, groupOf)) {
    const name = mostCommon(unit.classes);
    const others = strata.get(name);
    if (others === undefined) strata.set(name, [unit]);
    else others.push(unit);
  }
  const assigned = new Map<Digest, number>();
  for (const [name, units] of strata) {
    const turn = turnOf(name, folds);
    const sizes = units.map(({ digests }) => digests.length);
    runsOf(sizes, folds).forEach((run, index) => {
      for (const digest of units[index].digests) assigned.set(digest, ((run + turn) % folds) + 1);
    });
  }
  return assigned;
}

/** In the order of their first images, which no numbering of groups decides. */
function unitsOf(rows: readonly SampleRow[], classes: readonly string[], groupOf: ReadonlyMap<Digest, number>): Unit[] {
  const classOf = dividedWith(rows, classes);
  const units: Unit[] = [];
  const byGroup = new Map<number, Unit>();
  for (const [digest] of rows) {
    const group = groupOf.get(digest);
    let unit = group === undefined ? undefined : byGroup.get(group);
    if (unit === undefined) {
      unit = { digests: [], classes: [] };
      units.push(unit);
      if (group !== undefined) byGroup.set(group, unit);
    }
    unit.digests.push(digest);
    unit.classes.push(classOf.get(digest)!);
  }
  return units;
}

function dividedWith(rows: readonly SampleRow[], classes: readonly string[]): Map<Digest, string> {
  const byClass = new Map<string, Set<Digest>>();
  for (const [digest, label] of rows) {
    const names = [label].flat().map((index) => classes[index]);
    for (const name of names.length === 0 ? [NO_CLASS] : names) {
      const digests = byClass.get(name) ?? new Set();
      byClass.set(name, digests.add(digest));
    }
  }
  return new Map([...strataOf(byClass)].flatMap(([name, digests]) => digests.map((digest) => [digest, name] as const)));
}

/** Of several that are equally common, the first by name. */
function mostCommon(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && compareCodePoints(b[0], a[0]) < 0) ? b : a))[0];
}

/**
 * The run (from 0) of each unit. Every cut is where the number of images before it is nearest to its share; but no run is
 * left empty if there are units enough.
 */
function runsOf(sizes: readonly number[], folds: number): number[] {
  const { length } = sizes;
  if (length < folds) return sizes.map((_, index) => Math.floor((index * folds) / length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const cuts: number[] = [];
  let [index, before] = [0, 0];
  for (let cut = 1; cut < folds; cut++) {
    const target = (cut * total) / folds;
    // As long as the next unit brings the cut closer to its share.
    while (index < length && Math.abs(before + sizes[index] - target) < Math.abs(before - target))
      before += sizes[index++];
    cuts.push(Math.min(Math.max(index, (cuts.at(-1) ?? 0) + 1), length - (folds - cut)));
  }
  let run = 0;
  return sizes.map((_, place) => {
    while (run < cuts.length && cuts[run] <= place) run++;
    return run;
  });
}

/** Which fold the first images of a class go to: otherwise the same folds would get the larger part of every class. */
function turnOf(className: string, folds: number): number {
  return parseInt(digestOf(`pipeline-folds\n${className}`).slice(0, 8), 16) % folds;
}

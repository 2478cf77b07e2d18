/** Splits groups of images, such as those of one patient: all of a group go to the same side. */
import { compareCodePoints } from '../../core/canonical.js';
import { digestOf } from '../../core/digest.js';
import type { SplitName } from '../../image/dataset.js';
import type { Shares } from './split.js';

export interface Group {
  readonly name: string;
  /** How many different images it has, by class. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Walks the groups in an order by salted digest. Each goes to validation if that brings the classes there closer to
 * their share (as in scikit-learn's StratifiedGroupKFold, the sum of squares over classes decides), so validation is
 * filled from the beginning of the order, test from its end. A group more moves those at the two boundaries at most,
 * unless sizes are very uneven. Every class keeps a group for training, and has one in validation if it has two.
 */
export function splitGroups(groups: readonly Group[], shares: Shares): Map<string, SplitName> {
  const ordered = groups
    .map(({ name, sizes }) => [digestOf(`pipeline-split-group\n${name}`), { name, sizes: byName(sizes) }] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group);
  const splits = new Map<string, SplitName>(groups.map(({ name }) => [name, 'train']));
  /** Groups of each class that are left for training. */
  const left = new Map<string, number>();
  for (const { sizes } of groups) for (const name of sizes.keys()) left.set(name, (left.get(name) ?? 0) + 1);
  const isSpare = ({ sizes }: Group): boolean => [...sizes.keys()].every((name) => left.get(name)! > 1);
  for (const [split, share, order] of [
    ['validation', shares.validation, ordered],
    ['test', shares.test, ordered.toReversed()],
  ] as const) {
    if (share === 0) continue;
    const targets = targetsOf(groups, share);
    const taken = new Map<string, number>();
    const take = (group: Group): void => {
      splits.set(group.name, split);
      for (const [name, size] of group.sizes) {
        taken.set(name, (taken.get(name) ?? 0) + size);
        left.set(name, left.get(name)! - 1);
      }
    };
    const open = order.filter(({ name }) => splits.get(name) === 'train');
    for (const group of open) if (isSpare(group) && gain(group, taken, targets) > 0) take(group);
    for (const name of targets.keys()) {
      if (taken.has(name)) continue;
      // The groups of this class are too large for its share: the one that is the least too large.
      const candidates = open.filter(
        (group) => group.sizes.has(name) && splits.get(group.name) === 'train' && isSpare(group),
      );
      if (candidates.length > 0)
        take(candidates.reduce((a, b) => (gain(b, taken, targets) > gain(a, taken, targets) ? b : a)));
    }
  }
  return splits;
}

/** Images of each class that are wanted: at least one. */
function targetsOf(groups: readonly Group[], share: number): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const { sizes } of groups) for (const [name, size] of sizes) totals.set(name, (totals.get(name) ?? 0) + size);
  return byName(new Map([...totals].map(([name, total]) => [name, Math.max(1, share * total)])));
}

/** In one order, in which sums are always the same. */
function byName(numbers: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...numbers].sort(([a], [b]) => compareCodePoints(a, b)));
}

/** By how much a group brings its classes closer to their targets; relative to them, so that each class counts alike. */
function gain({ sizes }: Group, taken: ReadonlyMap<string, number>, targets: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [name, size] of sizes) {
    const target = targets.get(name)!;
    const before = ((taken.get(name) ?? 0) - target) / target;
    const after = before + size / target;
    sum += before * before - after * after;
  }
  return sum;
}

/** What each image is for: as its labels say, or by shares; the images of one group always for the same. */
import { compareCodePoints } from '../../core/canonical.js';
import type { Digest } from '../../core/digest.js';
import type { FolderListing } from '../../core/folder-listing.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { splitNames, type SplitName } from '../../image/dataset.js';
import { NO_CLASS, strataOf } from '../../image/strata.js';
import type { Candidate, Labeling } from './labeling.js';
import { splitGroups, type Group } from './split-groups.js';
import { splitClass, type Shares } from './split.js';

export interface Assigned {
  readonly rows: readonly (readonly [Digest, SplitName])[];
  /** The group of each image: the same name for groups that share an image. Undefined if there are no groups. */
  readonly groups: ReadonlyMap<Digest, string> | undefined;
  /** Groups that the labels put on two sides. */
  readonly divided: readonly { readonly group: string; readonly splits: readonly SplitName[] }[];
}

export function assignSplits(
  good: readonly Candidate[],
  listing: Pick<FolderListing, 'digestAt'>,
  { splits }: Pick<Labeling, 'splits'>,
  config: Pick<IngestConfig, 'split'>,
): Assigned {
  const decided = new Map<string, readonly [Digest, SplitName]>();
  const open = new Map<string, Set<Digest>>();
  const groups = groupsOf(good, listing);
  const sides = new Map<string, Set<SplitName>>();
  for (const { index, className, split } of good) {
    const digest = listing.digestAt(index);
    if (split !== undefined && !(split === 'train' && !splits.has('validation'))) {
      decided.set(`${digest}/${split}`, [digest, split]);
      const group = groups?.get(digest);
      if (group !== undefined) sides.set(group, (sides.get(group) ?? new Set()).add(split));
      continue;
    }
    const digests = open.get(className ?? NO_CLASS) ?? new Set();
    open.set(className ?? NO_CLASS, digests.add(digest));
  }
  const shares = openShares(config, splits);
  const rows =
    groups === undefined
      ? [...strataOf(open).values()].flatMap((digests) => [...splitClass(digests, shares)])
      : groupRows(open, groups, sides, shares);
  for (const row of rows) decided.set(row.join('/'), row);
  const divided = [...sides]
    .filter(([, found]) => found.size > 1)
    .map(([group, found]) => ({ group, splits: splitNames.filter((name) => found.has(name)) }))
    .sort((a, b) => compareCodePoints(a.group, b.group));
  return { rows: [...decided.values()], groups, divided };
}

/** The shares for images whose labels do not decide the split: none of splits that other labels decide. */
function openShares({ split }: Pick<IngestConfig, 'split'>, splits: ReadonlySet<SplitName>): Shares {
  return {
    validation: splits.has('validation') ? 0 : split.validation,
    test: splits.has('test') ? 0 : split.test,
  };
}

/** A group that the labels have put somewhere takes its other images with it. */
function groupRows(
  open: ReadonlyMap<string, ReadonlySet<Digest>>,
  groups: ReadonlyMap<Digest, string>,
  sides: ReadonlyMap<string, ReadonlySet<SplitName>>,
  shares: Shares,
): (readonly [Digest, SplitName])[] {
  const sizes = new Map<string, Map<string, number>>();
  for (const [className, digests] of open)
    for (const digest of digests) {
      const name = groups.get(digest)!;
      if (sides.has(name)) continue;
      const own = sizes.get(name) ?? new Map<string, number>();
      sizes.set(name, own.set(className, (own.get(className) ?? 0) + 1));
    }
  const splits = splitGroups(
    [...sizes].map(([name, own]): Group => ({ name, sizes: own })),
    shares,
  );
  return [...open.values()].flatMap((digests) =>
    [...digests].map((digest) => {
      const name = groups.get(digest)!;
      return [digest, splits.get(name) ?? [...sides.get(name)!][0]] as const;
    }),
  );
}

/** Groups that share an image, by content, are one: the image would be on two sides otherwise. */
function groupsOf(
  good: readonly Candidate[],
  listing: Pick<FolderListing, 'digestAt'>,
): ReadonlyMap<Digest, string> | undefined {
  if (good.every(({ group }) => group === undefined)) return undefined;
  const groups = new Map<Digest, string>();
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    if (root !== name) parents.set(name, root);
    return root;
  };
  for (const { index, group } of good) {
    const digest = listing.digestAt(index);
    const own = rootOf(group ?? digest);
    const other = rootOf(groups.get(digest) ?? own);
    groups.set(digest, own);
    if (own === other) continue;
    const [first, second] = compareCodePoints(own, other) < 0 ? [own, other] : [other, own];
    parents.set(second, first);
  }
  return new Map([...groups].map(([digest, name]) => [digest, rootOf(name)]));
}

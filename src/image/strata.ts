/** Which images are divided together, into splits as into folds. */
import { compareCodePoints } from '../core/canonical.js';
import type { Digest } from '../core/digest.js';

/** What images without any class are divided as; names of classes are not empty. */
export const NO_CLASS = '';

/**
 * The images that are divided together, by class: those of the class or, where an image has several, those whose rarest
 * class it is. So the rarest class is divided by the shares, and each other one as well as the rarer ones allow. The
 * images of a class keep their order.
 */
export function strataOf(byClass: ReadonlyMap<string, ReadonlySet<Digest>>): Map<string, readonly Digest[]> {
  const taken = new Set<Digest>();
  // An image of which another copy has a class is divided with that class, so those without any come last.
  const rarestFirst = [...byClass].sort(
    ([a, these], [b, those]) =>
      Number(a === NO_CLASS) - Number(b === NO_CLASS) || these.size - those.size || compareCodePoints(a, b),
  );
  return new Map(
    rarestFirst.map(([name, digests]) => {
      const rest = [...digests].filter((digest) => !taken.has(digest));
      for (const digest of rest) taken.add(digest);
      return [name, rest];
    }),
  );
}

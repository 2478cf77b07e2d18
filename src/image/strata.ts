/** Which images are divided together, into splits as into folds. */
import { compareCodePoints } from '../core/canonical.js';
import type { Digest } from '../core/digest.js';

/**
 * The images that are divided together, by class: those of the class or, where an image has several, those whose rarest
 * class it is. So the rarest class is divided by the shares, and each other one as well as the rarer ones allow. The
 * images of a class keep their order.
 */
export function strataOf(byClass: ReadonlyMap<string, ReadonlySet<Digest>>): Map<string, readonly Digest[]> {
  const taken = new Set<Digest>();
  const rarestFirst = [...byClass].sort(([a, these], [b, those]) => these.size - those.size || compareCodePoints(a, b));
  return new Map(
    rarestFirst.map(([name, digests]) => {
      const rest = [...digests].filter((digest) => !taken.has(digest));
      for (const digest of rest) taken.add(digest);
      return [name, rest];
    }),
  );
}

/**
 * Seeded random numbers: xoshiro128**, started by splitmix32 from a text key.
 *
 * Every image has its own key (seed, class, number), so an image does not
 * change when another one is added, left out or drawn in a different order.
 */

/** FNV-1a: a 32-bit hash of a text. */
function hashText(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** splitmix32: spreads one 32-bit seed over as many words as asked for. */
function splitmix32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
}

const rotate = (word, bits) => (word << bits) | (word >>> (32 - bits));

/** xoshiro128**: returns a function giving numbers in [0, 1). */
function xoshiro128(seed) {
  const nextWord = splitmix32(seed);
  let [a, b, c, d] = [nextWord(), nextWord(), nextWord(), nextWord()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const carried = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= carried;
    d = rotate(d, 11);
    return result / 0x100000000;
  };
}

/**
 * A random source for one key.
 *
 * @param {...(string | number)} key the same key gives the same numbers
 */
export function createRandom(...key) {
  const next = xoshiro128(hashText(key.join('/')));
  const between = (low, high) => low + (high - low) * next();

  return {
    /** A number in [low, high). */
    between,
    /** A whole number from low to high, both included. */
    integer: (low, high) => Math.floor(between(low, high + 1)),
    /** True with the given probability. */
    chance: (probability) => next() < probability,
    /** One entry of a list. */
    pick: (list) => list[Math.floor(next() * list.length)],
    /** One key of an object whose values are weights. */
    weighted(weights) {
      const entries = Object.entries(weights);
      let rest = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) {
        rest -= weight;
        if (rest < 0) return name;
      }
      return entries[entries.length - 1][0];
    },
    /** Roughly normal, mean 0 and deviation 1 (sum of four uniform numbers). */
    normal: () => (next() + next() + next() + next() - 2) * Math.sqrt(3),
    /** A list of `count` values made by `make(index)`. */
    times: (count, make) => Array.from({ length: count }, (_, index) => make(index)),
  };
}

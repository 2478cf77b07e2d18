/** Seeded generators. Every draw in the project comes from here, keyed by what it is for, never by when it happens. */
import { createHash } from 'node:crypto';

/**
 * A small fast generator (sfc32, by Chris Doty-Humphrey, as tested in PractRand), whose state is the hash of its key.
 * The same key gives the same numbers on every machine.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  private constructor(state: Buffer) {
    this.a = state.readInt32LE(0);
    this.b = state.readInt32LE(4);
    this.c = state.readInt32LE(8);
  }

  /** A generator of its own for a purpose: `Random.keyed(seed, 'augment', digest, view)`. */
  static keyed(...key: readonly (string | number)[]): Random {
    return new Random(createHash('sha256').update(JSON.stringify(key)).digest());
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Fills an array with `below` where {@link bits} is below a bound, else with `others`. */
  fillBelow(array: Float32Array, bound: number, below: number, others: number): void {
    // The state in variables of the loop: as fields it takes twice as long.
    let { a, b, c, counter } = this;
    for (let i = 0; i < array.length; i++) {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      array[i] = sum >>> 0 < bound ? below : others;
    }
    Object.assign(this, { a, b, c, counter });
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (this.bits() / 2 ** 32) * (high - low);
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform integer in [0, bound), for bounds up to 2^32, without the bias of a plain remainder. */
  below(bound: number): number {
    let draw = this.bits();
    // The first comparison is cheap, and true for every draw that the second one is about.
    while (draw >= 2 ** 32 - bound && draw >= 2 ** 32 - (2 ** 32 % bound)) draw = this.bits();
    return draw % bound;
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle(items: Uint32Array): Uint32Array {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }
}

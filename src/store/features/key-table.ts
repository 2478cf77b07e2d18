/**
 * A hash table from (image digest, view) to the place of its row, in typed arrays: 48 bytes a key, filled with 110,000
 * keys in a few milliseconds, where a Map of 64-character texts takes several times the memory and the time.
 */
import { KEY_BYTES, KEY_WORDS } from './feature-pack.js';

/** In place of a pack's number. */
export const NOWHERE = -1;
/** Appended, in no pack yet. */
export const PENDING = -2;
/** In the row cache alone: no pack could be written. */
export const IN_MEMORY = -3;

export class KeyTable {
  /** Entries 0 .. count - 1, in the order in which they came. */
  count = 0;
  /** The pack of each entry, or {@link NOWHERE}, {@link PENDING} or {@link IN_MEMORY}. */
  packs = new Int32Array(0);
  /** The row in that pack. */
  rows = new Uint32Array(0);
  private keys = new Uint32Array(0);
  /** Entry + 1 at the place that its hash gives or the next free one (open addressing); 0 where free. */
  private slots = new Int32Array(2);

  constructor() {
    this.grow(1024);
  }

  /** The entry of a key of 9 words, or -1. */
  find(key: Uint32Array): number {
    return this.slots[this.slotOf(key)] - 1;
  }

  /** The entry of a key of 9 words, made if it is new (and then nowhere). */
  place(key: Uint32Array): number {
    const slot = this.slotOf(key);
    if (this.slots[slot] !== 0) return this.slots[slot] - 1;
    if (this.count === this.packs.length) {
      this.grow(this.count * 2);
      return this.place(key);
    }
    const entry = this.count++;
    this.keys.set(key, entry * KEY_WORDS);
    this.packs[entry] = NOWHERE;
    this.slots[slot] = entry + 1;
    return entry;
  }

  /** The key of an entry as bytes, without a copy. */
  keyOf(entry: number): Uint8Array {
    return new Uint8Array(this.keys.buffer, entry * KEY_BYTES, KEY_BYTES);
  }

  /** The slot that holds a key, or the free one where it belongs. */
  private slotOf(key: Uint32Array): number {
    const mask = this.slots.length - 1;
    // A digest's words are as good as random; the view is spread so that the views of one image do not pile up.
    let slot = (key[0] ^ key[1] ^ Math.imul(key[KEY_WORDS - 1], 0x9e3779b1)) & mask;
    while (this.slots[slot] !== 0 && !this.holds(this.slots[slot] - 1, key)) slot = (slot + 1) & mask;
    return slot;
  }

  private holds(entry: number, key: Uint32Array): boolean {
    const start = entry * KEY_WORDS;
    for (let word = 0; word < KEY_WORDS; word++) if (this.keys[start + word] !== key[word]) return false;
    return true;
  }

  /** Makes room; `capacity` is a power of two, and half of the slots stay free. */
  private grow(capacity: number): void {
    const { keys, packs, rows } = this;
    this.keys = new Uint32Array(capacity * KEY_WORDS);
    this.keys.set(keys);
    this.packs = new Int32Array(capacity);
    this.packs.set(packs);
    this.rows = new Uint32Array(capacity);
    this.rows.set(rows);
    this.slots = new Int32Array(capacity * 2);
    for (let entry = 0; entry < this.count; entry++) {
      this.slots[this.slotOf(this.keys.subarray(entry * KEY_WORDS, (entry + 1) * KEY_WORDS))] = entry + 1;
    }
  }
}

/** Turns keys into the 9 words that the table takes. Holds one key at a time, for the next call. */
export class KeyWords {
  readonly words = new Uint32Array(KEY_WORDS);
  readonly bytes = Buffer.from(this.words.buffer);

  set(digest: string, view: number): this {
    this.bytes.write(digest, 0, 'hex');
    this.words[KEY_WORDS - 1] = view;
    return this;
  }

  /** Takes the key at a place of a pack's index. */
  copy(index: Uint8Array, entry: number): this {
    this.bytes.set(index.subarray(entry * KEY_BYTES, (entry + 1) * KEY_BYTES));
    return this;
  }
}

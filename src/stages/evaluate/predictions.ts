/** What evaluate keeps of each picture. */
import type { Digest } from '../../core/digest.js';

/** Output `predictions`: ordered by digest; names are looked up when a report is written. */
export interface Predictions {
  readonly classes: readonly string[];
  readonly rows: readonly { readonly digest: Digest; readonly label: number; readonly predicted: number; readonly scores: readonly number[] }[];
}

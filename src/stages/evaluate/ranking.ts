/** Images by the score of one class, as figures of images redrawn need them: sorted once, whatever is drawn. */
import type { Decisions } from '../../model/multilabel.js';

export interface Ranking {
  /** The highest score first. */
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  /** Images of equal scores come together: before these places a run of them ends. */
  readonly ends: Uint32Array;
  /** 1 for images that have the class. */
  readonly positive: Uint8Array;
}

export function rankingOf(scores: Float32Array, hasClass: (row: number) => boolean): Ranking {
  const rows = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const sorted = Float32Array.from(rows, (row) => scores[row]);
  return {
    rows,
    ends: Uint32Array.from(
      [...sorted.keys()].filter((place) => sorted[place] !== sorted[place + 1]),
      (place) => place + 1,
    ),
    scores: sorted,
    positive: Uint8Array.from(rows, (row) => Number(hasClass(row))),
  };
}

/** The scores of one class, in the order of the images. Negative for the first of two that share one unit. */
export function scoresOfClass(predictions: Float32Array, units: number, index: number): Float32Array {
  if (units === 1) return index === 1 ? predictions : predictions.map((score) => -score);
  return Float32Array.from({ length: predictions.length / units }, (_, row) => predictions[row * units + index]);
}

interface Redrawn {
  /** Images drawn that have the class. */
  readonly support: number;
  /** The area under the ROC curve; NaN if all images drawn, or none, have the class. */
  readonly area: number;
  /** The average precision; 0 if no image drawn has the class. */
  readonly average: number;
  /** Decisions at the threshold. */
  readonly counts: Omit<Decisions, 'true_negatives'>;
}

/** The figures of the class, by how often each image was drawn. */
export function redrawnRanking(
  { rows, ends, scores, positive }: Ranking,
  drawn: Uint32Array,
  threshold = Infinity,
): Redrawn {
  let hits = 0;
  let seen = 0;
  let average = 0;
  let wins = 0;
  let called = 0;
  let found = 0;
  let place = 0;
  for (const end of ends) {
    const hitsBefore = hits;
    const seenBefore = seen;
    const isCalled = scores[place] >= threshold;
    for (; place < end; place++) {
      const times = drawn[rows[place]];
      seen += times;
      hits += times * positive[place];
    }
    const newHits = hits - hitsBefore;
    if (newHits > 0) average += (newHits * hits) / seen;
    // Of equal scores, each wins half of the comparisons.
    wins += (seen - seenBefore - newHits) * (hitsBefore + newHits / 2);
    if (isCalled) {
      called = seen;
      found = hits;
    }
  }
  return {
    support: hits,
    area: hits === 0 || hits === seen ? NaN : wins / (hits * (seen - hits)),
    average: hits === 0 ? 0 : average / hits,
    counts: { true_positives: found, false_positives: called - found, false_negatives: hits - found },
  };
}

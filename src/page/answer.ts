/** The answer for an image in words. */
import type { MultilabelPrediction, Prediction, SinglePrediction } from '../core/prediction.js';
import type { ServedFacts } from '../model/served-facts.js';

export interface AnswerText {
  /** Whether the best class is ahead by the margin, or no class is near its threshold. */
  readonly sure: boolean;
  /**
   * Such as `cats, 93.5%` or `not sure: cats (53.0%) or dogs (47.0%)`; where an image has any number of classes,
   * `cat 93.0%, indoor 71.0%; not sure: dog 48.0%`.
   */
  readonly text: string;
}

export const percent = (score: number): string => `${(score * 100).toFixed(1)}%`;

export function answerOf(
  prediction: Prediction,
  facts: Pick<ServedFacts, 'classes' | 'thresholds' | 'margin'>,
): AnswerText {
  return 'classes' in prediction ? severalOf(prediction, facts) : oneOf(prediction, facts.margin);
}

/** Names the two best classes if their scores are closer than the margin. */
function oneOf({ class: best, score, scores }: SinglePrediction, margin: number): AnswerText {
  const others = Object.entries(scores).filter(([name]) => name !== best);
  const second = others.reduce<(typeof others)[number] | undefined>(
    (ahead, one) => (ahead === undefined || one[1] > ahead[1] ? one : ahead),
    undefined,
  );
  if (second === undefined || score - second[1] >= margin) return { sure: true, text: `${best}, ${percent(score)}` };
  return { sure: false, text: `not sure: ${best} (${percent(score)}) or ${second[0]} (${percent(second[1])})` };
}

/** Names the classes that the image has, and those whose score is near the threshold. */
function severalOf(
  { classes: found, scores }: MultilabelPrediction,
  { classes, thresholds = [], margin }: Pick<ServedFacts, 'classes' | 'thresholds' | 'margin'>,
): AnswerText {
  const unsure = new Set(classes.filter((name, index) => distance(scores[name], thresholds[index]) < margin));
  const listed = (names: readonly string[]): string =>
    [...names]
      .sort((a, b) => scores[b] - scores[a])
      .map((name) => `${name} ${percent(scores[name])}`)
      .join(', ');
  const sure = found.filter((name) => !unsure.has(name));
  const parts = [
    ...(sure.length > 0 ? [listed(sure)] : []),
    ...(unsure.size > 0 ? [`not sure: ${listed([...unsure])}`] : []),
  ];
  return { sure: unsure.size === 0, text: parts.join('; ') || 'none of the classes' };
}

/** How far a score is from its threshold: 0 there, and 1 at a score of 0 or 1. With 0.5, as two classes differ. */
function distance(score: number, threshold: number): number {
  return score >= threshold ? (score - threshold) / (1 - threshold || 1) : (threshold - score) / threshold;
}

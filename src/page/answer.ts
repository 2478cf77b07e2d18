/** The answer for an image in words. */
import type { Prediction } from '../core/prediction.js';

export interface AnswerText {
  /** Whether the best class is ahead by the margin. */
  readonly sure: boolean;
  /** Such as `cats, 93.5%` or `not sure: cats (53.0%) or dogs (47.0%)`. */
  readonly text: string;
}

export const percent = (score: number): string => `${(score * 100).toFixed(1)}%`;

/** Names the two best classes if their scores are closer than the margin. */
export function answerOf({ class: best, score, scores }: Prediction, margin: number): AnswerText {
  const others = Object.entries(scores).filter(([name]) => name !== best);
  const second = others.reduce<(typeof others)[number] | undefined>(
    (ahead, one) => (ahead === undefined || one[1] > ahead[1] ? one : ahead),
    undefined,
  );
  if (second === undefined || score - second[1] >= margin) return { sure: true, text: `${best}, ${percent(score)}` };
  return { sure: false, text: `not sure: ${best} (${percent(score)}) or ${second[0]} (${percent(second[1])})` };
}

/** The verdict about a run: what its figures mean, in words, and what to try next. */
import { count } from '../../core/text/count.js';
import { percent } from '../../core/text/ratio.js';
import type { RunResults } from '../results/kept.js';
import { readFacts, type Facts } from './facts.js';
import { multilabelHeadline, multilabelWeaknesses, type MultilabelFacts } from './multilabel.js';
import {
  accuracyInterval,
  guessOf,
  weaknessesOf,
  type Level,
  type Next,
  type SingleFacts,
  type Weakness,
} from './rules.js';

export interface Verdict {
  readonly level: Level;
  /** `95.0% of 40 validation images are right (83.5% to 98.6%); always answering cats would reach 50.0%`. */
  readonly headline: string;
  /** One sentence for each weakness, the gravest first. */
  readonly weaknesses: readonly string[];
  /** Undefined if nothing is known that would help. */
  readonly next: Next | undefined;
}

/** Judges the best evaluation of a run; undefined if there is none to judge. */
export async function verdictOf(results: RunResults): Promise<Verdict | undefined> {
  const facts = await readFacts(results);
  return facts && judge(facts);
}

export function judge(facts: Facts): Verdict {
  const { metrics } = facts;
  const { headline, found } =
    metrics.task === 'multilabel' ? judgedMultilabel({ ...facts, metrics }) : judgedSingle({ ...facts, metrics });
  const steps = found.flatMap(({ next }) => next ?? []);
  const which = facts.evaluations > 1 ? `${facts.evaluation}, the best of ${facts.evaluations}: ` : '';
  return {
    level: found.some(({ level }) => level === 'bad') ? 'bad' : found.length > 0 ? 'weak' : 'good',
    headline: `${which}${headline}`,
    weaknesses: found.map(({ text }) => text),
    // A change that a command can make comes first.
    next: steps.find(({ set }) => set !== undefined) ?? steps[0],
  };
}

interface Judged {
  readonly headline: string;
  readonly found: readonly Weakness[];
}

function judgedMultilabel(facts: MultilabelFacts): Judged {
  return { headline: multilabelHeadline(facts), found: multilabelWeaknesses(facts) };
}

function judgedSingle(facts: SingleFacts): Judged {
  const { accuracy, accuracy_sd: deviation, samples, split, folds } = facts.metrics;
  const { low, high } = accuracyInterval(facts);
  const guess = guessOf(facts);
  const spread =
    folds === undefined ? '' : `mean of ${folds.length} folds, standard deviation ${percent(deviation ?? 0)}; `;
  const headline = `${percent(accuracy)} of ${count(samples, `${folds === undefined ? split : 'held-out'} image`)} are right (${spread}95% interval: ${percent(low)} to ${percent(high)}); always answering ${guess.name} would reach ${percent(guess.share)}`;
  return { headline, found: weaknessesOf(facts) };
}

/** The verdict where images have any number of classes: by mAP, which no threshold decides, and by class. */
import { count } from '../../core/text/count.js';
import { own } from '../../core/own.js';
import { percent } from '../../core/text/ratio.js';
import type { MultilabelMetrics } from '../../model/multilabel-results.js';
import type { Facts } from './facts.js';
import { FEW_OF_A_CLASS, trainingRules, type Weakness } from './rules.js';

export type MultilabelFacts = Facts & { readonly metrics: MultilabelMetrics };

/** What scores without looking reach: the share of images that have a class, as the mean over the classes. */
function guessedPrecision({ metrics: { classes, per_class, samples } }: MultilabelFacts): number {
  const shares = classes.map((name) => own(per_class, name)!.support / samples);
  return shares.reduce((sum, share) => sum + share, 0) / classes.length;
}

function isLikeGuessing(facts: MultilabelFacts): boolean {
  const { mAP, mAP_sd: deviation = 0, intervals } = facts.metrics;
  // Without an interval, the spread over folds is what is known.
  return (intervals?.mAP?.[0] ?? mAP - deviation) <= guessedPrecision(facts);
}

export function multilabelHeadline(facts: MultilabelFacts): string {
  const { mAP, mAP_sd: deviation = 0, subset_accuracy: subset, samples, folds, intervals } = facts.metrics;
  const range = intervals?.mAP;
  const parts = [
    ...(folds === undefined ? [] : [`mean of ${folds.length} folds, standard deviation ${deviation.toFixed(3)}`]),
    ...(range === undefined ? [] : [`95% interval: ${range.map((end) => end.toFixed(3)).join(' to ')}`]),
  ];
  const shown = parts.length === 0 ? '' : ` (${parts.join('; ')})`;
  return `the mAP is ${mAP.toFixed(3)} on ${count(samples, `${measuredOn(facts)} image`)}${shown}, guessing would reach ${guessedPrecision(facts).toFixed(3)}; ${percent(subset)} of them have exactly the right classes`;
}

function measuredOn({ metrics: { split, folds } }: MultilabelFacts): string {
  return folds === undefined ? split : 'held-out';
}

type Rule = (facts: MultilabelFacts) => Weakness | undefined;

const noBetterThanGuessing: Rule = (facts) => {
  if (!isLikeGuessing(facts)) return undefined;
  return {
    rule: 'no-better-than-guessing',
    level: 'bad',
    text: 'these figures do not show that the model is better than guessing',
    next: { text: 'look at the images and their classes in the report: labels may be wrong' },
  };
};

/** A class that is mostly missed is often scored well, but below the threshold. */
const neglectedClass: Rule = (facts) => {
  const { evaluate, metrics } = facts;
  if (isLikeGuessing(facts)) return undefined;
  const rows = metrics.classes
    .map((name) => ({ name, ...own(metrics.per_class, name)! }))
    .filter(({ support }) => support >= FEW_OF_A_CLASS);
  if (rows.length === 0) return undefined;
  const worst = rows.reduce((least, row) => (row.recall < least.recall ? row : least));
  if (worst.recall >= 0.5) return undefined;
  return {
    rule: 'neglected-class',
    level: 'weak',
    text: `of the ${count(worst.support, 'image')} of ${worst.name} only ${percent(worst.recall)} are recognized, at a threshold of ${worst.threshold}`,
    next:
      metrics.thresholds_from === 'config'
        ? { text: 'choose a threshold for each class', set: [`stages.${evaluate}.threshold=f1`] }
        : { text: `add images of ${worst.name}, and look at its mistakes in the report` },
  };
};

const fewOfAClass: Rule = (facts) => {
  const { classes, per_class, split, folds } = facts.metrics;
  const few = classes
    .map((name) => ({ name, support: own(per_class, name)!.support }))
    .filter(({ support }) => support < FEW_OF_A_CLASS)
    .sort((a, b) => a.support - b.support);
  if (few.length === 0) return undefined;
  const [{ name, support }] = few;
  const others =
    few.length === 1
      ? ''
      : `, and ${few.length === 2 ? `so of ${few[1].name}` : `so of ${few.length - 1} other classes`}`;
  return {
    rule: 'few-images',
    level: 'weak',
    text: `only ${count(support, `${measuredOn(facts)} image`)} of ${name}: too few to measure it${others}`,
    next: {
      text: `add images of ${name}${folds === undefined ? `, or give \`split.${split}\` a larger share` : ''}`,
    },
  };
};

/** In the order of their weight. */
const rules: readonly Rule[] = [noBetterThanGuessing, neglectedClass, ...trainingRules, fewOfAClass];

export function multilabelWeaknesses(facts: MultilabelFacts): Weakness[] {
  return rules.flatMap((rule) => rule(facts) ?? []);
}

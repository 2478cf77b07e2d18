/**
 * The rules of the verdict. Each looks for one weakness in the figures, says it with them, and names what to try, unless
 * the pipeline does that already. docs/reports.md lists them.
 */
import { own } from '../../core/own.js';
import { count } from '../../core/text/count.js';
import { percent } from '../../core/text/ratio.js';
import type { SingleMetrics } from '../../model/results.js';
import type { Facts } from './facts.js';
import { wilson } from '../../model/interval.js';

/** `bad`: the model should not be used. `weak`: it can be better, or the figures cannot be trusted yet. */
export type Level = 'good' | 'weak' | 'bad';

export interface Weakness {
  readonly rule: string;
  readonly level: Exclude<Level, 'good'>;
  readonly text: string;
  readonly next?: Next;
}

/** What to try. With `set`, changes that `run --set` can make. */
export interface Next {
  readonly text: string;
  readonly set?: readonly string[];
}

/** Where each image has one class. */
export type SingleFacts = Facts & { readonly metrics: SingleMetrics };

type Rule = (facts: SingleFacts) => Weakness | undefined;

/** A rule about the training of any model. */
type TrainingRule = (facts: Facts) => Weakness | undefined;

/** Fewer images of a class say little about it. */
export const FEW_OF_A_CLASS = 5;
/** From this accuracy on, a loss that still falls makes answers surer, not more of them right. */
const NOTHING_LEFT = 0.98;

/** The class that has the most images, and its share: what an answer without looking reaches. */
export function guessOf({ metrics: { classes, per_class, samples } }: SingleFacts): { name: string; share: number } {
  const support = (name: string): number => own(per_class, name)!.support;
  const name = classes.reduce((most, other) => (support(other) > support(most) ? other : most));
  return { name, share: support(name) / samples };
}

/** The interval of the accuracy, which counts images. */
export function accuracyInterval({ metrics: { accuracy, samples } }: SingleFacts): ReturnType<typeof wilson> {
  return wilson(Math.round(accuracy * samples), samples);
}

/** The main metric, of which 1 is the best. */
function qualityOf({ metrics }: Facts): number {
  return metrics.task === 'multilabel' ? metrics.mAP : metrics.accuracy;
}

function isLikeGuessing(facts: SingleFacts): boolean {
  return accuracyInterval(facts).low <= guessOf(facts).share;
}

const noBetterThanGuessing: Rule = (facts) => {
  if (!isLikeGuessing(facts)) return undefined;
  // A wide interval around a higher accuracy: the images to measure with are what is missing.
  const few = facts.metrics.accuracy > guessOf(facts).share ? fewImages(facts) : undefined;
  return {
    rule: 'no-better-than-guessing',
    level: 'bad',
    text: `these figures do not show that the model is better than always answering ${guessOf(facts).name}`,
    next: few?.next ?? {
      text: 'look at the images and their classes in the report: a folder may have the wrong name or content',
    },
  };
};

const smallBase: TrainingRule = (facts) => {
  if (facts.base?.config.architecture !== 'compact32' || qualityOf(facts) >= 0.9) return undefined;
  return {
    rule: 'small-base',
    level: 'weak',
    text: 'the base compact32 is for first steps: it was made for images of 32x32 and sees little in photos',
    next: { text: 'take a base that was trained on photos: `pipeline bases` lists them' },
  };
};

const neglectedClass: Rule = (facts) => {
  const { metrics, train } = facts;
  if (isLikeGuessing(facts)) return undefined;
  const rows = metrics.classes
    .map((name) => ({ name, ...own(metrics.per_class, name)! }))
    .filter(({ support }) => support >= FEW_OF_A_CLASS);
  if (rows.length < 2) return undefined;
  const worst = rows.reduce((least, row) => (row.recall < least.recall ? row : least));
  if (worst.recall >= 0.5 || metrics.accuracy - worst.recall < 0.25) return undefined;
  const most = Math.max(...rows.map(({ support }) => support));
  const recognized =
    worst.recall === 0
      ? `none of the ${count(worst.support, 'image')} of ${worst.name}`
      : `of the ${count(worst.support, 'image')} of ${worst.name} only ${percent(worst.recall)}`;
  const balance = most >= 2 * worst.support && train !== undefined && train.config.class_weight === undefined;
  return {
    rule: 'neglected-class',
    level: 'weak',
    text: `${recognized} are recognized; other classes carry the accuracy`,
    next: balance
      ? { text: 'give rare classes more weight', set: [`stages.${train.name}.class_weight=balanced`] }
      : { text: `add images of ${worst.name}, and look at its mistakes in the report` },
  };
};

const overfitting: Rule = (facts) => {
  const { history, augment, metrics } = facts;
  const used = history?.epochs[history.bestEpoch - 1];
  if (used?.accuracy === undefined || metrics.split === 'train') return undefined;
  const gap = used.accuracy - metrics.accuracy;
  if (gap < 0.1 || used.accuracy <= accuracyInterval(facts).high) return undefined;
  return {
    rule: 'overfitting',
    level: 'weak',
    text: `${percent(used.accuracy)} of the training images are right, ${Math.round(100 * gap)} points more: the model learned them by heart`,
    next: {
      text:
        augment === undefined
          ? 'add an `augment` stage, or more images'
          : 'add images, or make the head smaller or its dropout stronger',
    },
  };
};

const pastTheBest: TrainingRule = ({ history, train }) => {
  if (history === undefined || train === undefined || train.config.early_stopping !== undefined) return undefined;
  const losses = history.epochs.map(({ val_loss: loss }) => loss ?? Infinity);
  const lowest = Math.min(...losses);
  const used = losses[history.bestEpoch - 1];
  if (!(used > 1.1 * lowest) || !Number.isFinite(used)) return undefined;
  return {
    rule: 'past-the-best',
    level: 'weak',
    text: `validation loss was lowest after epoch ${losses.indexOf(lowest) + 1} of ${losses.length}, and rose by ${percent(used / lowest - 1)} since`,
    next: {
      text: 'stop at the best epoch and keep its weights',
      set: [`stages.${train.name}.early_stopping={}`],
    },
  };
};

const stillImproving: TrainingRule = (facts) => {
  const { history, train } = facts;
  if (history === undefined || history.epochs.length < 3 || qualityOf(facts) >= NOTHING_LEFT) return undefined;
  const { length } = history.epochs;
  // Fewer epochs than were asked for: early stopping ended it.
  if (train?.config.epochs !== length) return undefined;
  const losses = history.epochs.map(({ val_loss: loss }) => loss ?? NaN);
  const [before, last] = [losses[length - 1 - Math.ceil(length / 4)], losses[length - 1]];
  if (last !== Math.min(...losses) || !(before > 1.02 * last)) return undefined;
  return {
    rule: 'still-improving',
    level: 'weak',
    text: `validation loss was still falling in the last of the ${count(length, 'epoch')}`,
    next: { text: 'train longer', set: [`stages.${train.name}.epochs=${2 * length}`] },
  };
};

const fewImages: Rule = (facts) => {
  const { low, high } = accuracyInterval(facts);
  const { samples, split, folds } = facts.metrics;
  if (high - low <= 0.15) return undefined;
  return {
    rule: 'few-images',
    level: 'weak',
    text: `${count(samples, `${folds === undefined ? split : 'held-out'} image`)} are too few to know the accuracy better than that`,
    next: { text: folds === undefined ? `add images, or give \`split.${split}\` a larger share` : 'add images' },
  };
};

const fewOfAClass: Rule = (facts) => {
  const { classes, per_class, split } = facts.metrics;
  const few = classes.filter((name) => own(per_class, name)!.support < FEW_OF_A_CLASS);
  // Of every class: too few images in all say the same.
  if (few.length === 0 || (few.length === classes.length && fewImages(facts) !== undefined)) return undefined;
  const which = few.length === 1 ? few[0] : `${few.length} of ${classes.length} classes`;
  return {
    rule: 'few-of-a-class',
    level: 'weak',
    text: `${which} ${few.length === 1 ? 'has' : 'have'} fewer than ${FEW_OF_A_CLASS} ${split} images: figures of single classes say little there`,
    next: { text: 'add images of small classes' },
  };
};

/** In the order of their weight. */
const rules: readonly Rule[] = [
  noBetterThanGuessing,
  smallBase,
  neglectedClass,
  stillImproving,
  overfitting,
  pastTheBest,
  fewImages,
  fewOfAClass,
];

/** Those that do not depend on what is measured. */
export const trainingRules: readonly TrainingRule[] = [smallBase, stillImproving, pastTheBest];

export function weaknessesOf(facts: SingleFacts): Weakness[] {
  return rules.flatMap((rule) => rule(facts) ?? []);
}

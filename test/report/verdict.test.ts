/** The verdict: each rule on made figures, with the sentence, and the advice that is not given twice. */
import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/core/canonical.js';
import { digestOf, type BlobRef } from '../../src/core/digest.js';
import { classMetrics, confusionMatrix } from '../../src/model/metrics.js';
import type { EpochRecord, SingleMetrics } from '../../src/model/results.js';
import type { RunResults } from '../../src/report/results/kept.js';
import { wilson } from '../../src/model/interval.js';
import { verdictLines } from '../../src/report/verdict/lines.js';
import { weaknessesOf, type SingleFacts } from '../../src/report/verdict/rules.js';
import { judge, verdictOf } from '../../src/report/verdict/verdict.js';
import { end, run } from './html/made-up.js';

/** An evaluation of cats, dogs and, if there is a third row, birds, in which so many of so many are right. */
function evaluated(...figures: readonly (readonly [right: number, of: number])[]): SingleMetrics {
  const truth = figures.flatMap(([, of], label) => new Array<number>(of).fill(label));
  const answers = figures.flatMap(([right, of], label) =>
    Array.from({ length: of }, (_, i) => (i < right ? label : (label + 1) % figures.length)),
  );
  const confusion = confusionMatrix(truth, answers, figures.length);
  const classes = ['cats', 'dogs', 'birds'].slice(0, figures.length);
  const rows = classMetrics(confusion);
  return {
    loss: 0.5,
    accuracy: figures.reduce((sum, [right]) => sum + right, 0) / truth.length,
    macro_precision: 0.5,
    macro_recall: 0.5,
    macro_f1: 0.5,
    samples: truth.length,
    split: 'validation',
    threshold: 0.5,
    classes,
    per_class: Object.fromEntries(classes.map((name, k) => [name, rows[k]])),
    confusion,
  };
}

const epochs = (losses: readonly number[], accuracy = 0.9): EpochRecord[] =>
  losses.map((loss) => ({ loss, accuracy, val_loss: loss, val_accuracy: 0.9, learning_rate: 0.001 }));

function facts(
  metrics: SingleMetrics,
  change: Partial<SingleFacts> = {},
  train: Record<string, Json> = {},
): SingleFacts {
  return {
    evaluation: 'evaluate',
    evaluate: 'evaluate',
    evaluations: 1,
    metrics,
    history: { epochs: epochs([0.5, 0.3, 0.3, 0.3, 0.3]), bestEpoch: 5 },
    train: { name: 'train', config: { epochs: 5, ...train } },
    base: { name: 'load-base', config: { architecture: 'mobilenet_v2' } },
    augment: undefined,
    ...change,
  };
}
const rulesOf = (one: SingleFacts): string[] => weaknessesOf(one).map(({ rule }) => rule);
/** A run with one evaluation, whose outputs are in the store; `asked` gets the names of those that are read. */
function resultsOf(metrics: SingleMetrics, asked: string[]): RunResults {
  const refOf = (name: string): BlobRef => ({ digest: digestOf(name), size: 1 });
  const outputs = { metrics: refOf('metrics'), predictions: refOf('predictions') };
  const stage = { name: 'evaluate', kind: 'evaluate', state: 'ran', reason: '', durationMs: 1, outputs } as const;
  return {
    run: { ...run, graph: [{ name: 'evaluate', kind: 'evaluate', reads: { data: 'ingest' }, gates: [] }] },
    end: { ...end, stages: [stage] },
    readBlob: ({ digest }) => {
      asked.push(Object.keys(outputs).find((name) => digest === digestOf(name))!);
      return Promise.resolve(Buffer.from(JSON.stringify(metrics)));
    },
  };
}
const good = evaluated([95, 100], [93, 100]);

test.each([
  // statsmodels 0.14, proportion_confint(right, total, method='wilson').
  [0, 10, 0, 0.27753279986288926],
  [38, 40, 0.8349612263085903, 0.9861793326138516],
  [50, 100, 0.4038315303659956, 0.5961684696340044],
  [200, 200, 0.9811546736227335, 1],
])("Wilson's interval of %d of %d", (right, total, low, high) => {
  const interval = wilson(right, total);
  expect(interval.low).toBeCloseTo(low, 6);
  expect(interval.high).toBeCloseTo(high, 6);
});

test('a verdict needs no predictions, which are as long as the images are many', async () => {
  const asked: string[] = [];
  expect(await verdictOf(resultsOf(good, asked))).toEqual(judge(facts(good, { history: undefined })));
  expect(asked).toEqual(['metrics']);
});

test('a good model gets one sentence', () => {
  expect(judge(facts(good))).toEqual({
    level: 'good',
    headline:
      '94.0% of 200 validation images are right (95% interval: 89.8% to 96.5%); always answering cats would reach 50.0%',
    weaknesses: [],
    next: undefined,
  });
  expect(judge(facts(good, { evaluation: 'evaluate@b', evaluations: 3 })).headline).toMatch(
    /^evaluate@b, the best of 3: 94.0% of/,
  );
});

test('a model that answers like the largest class is bad, however high its accuracy', () => {
  const { level, weaknesses } = judge(facts(evaluated([180, 180], [2, 20])));
  expect([level, weaknesses]).toEqual([
    'bad',
    ['these figures do not show that the model is better than always answering cats'],
  ]);
  expect(rulesOf(facts(evaluated([110, 180], [15, 20])))).toContain('no-better-than-guessing');
  const folders = 'look at the images and their classes in the report: a folder may have the wrong name or content';
  expect(judge(facts(evaluated([180, 180], [2, 20]))).next).toEqual({ text: folders });
  // Ten images: right eight times of ten, which guessing reaches too now and then.
  const few = judge(facts(evaluated([5, 5], [3, 5])));
  expect([few.level, few.next]).toEqual(['bad', { text: 'add images, or give `split.validation` a larger share' }]);
  expect(judge(facts(evaluated([5, 5], [0, 5]))).next).toEqual({ text: folders });
});

describe('a weakness is found, and what the pipeline does already is not advised', () => {
  const next = (one: SingleFacts): unknown => judge(one).next;

  test('a class that others carry', () => {
    const rare = facts(evaluated([300, 300], [40, 100]));
    expect(rulesOf(rare)).toEqual(['neglected-class']);
    expect(judge(rare).weaknesses).toEqual([
      'of the 100 images of dogs only 40.0% are recognized; other classes carry the accuracy',
    ]);
    expect(judge(facts(evaluated([300, 300], [300, 300], [0, 100]))).weaknesses[0]).toBe(
      'none of the 100 images of birds are recognized; other classes carry the accuracy',
    );
    expect(next(rare)).toMatchObject({ set: ['stages.train.class_weight=balanced'] });
    const balanced = facts(rare.metrics, {}, { class_weight: 'balanced' });
    expect(next(balanced)).toEqual({ text: 'add images of dogs, and look at its mistakes in the report' });
  });

  test('a base for first steps', () => {
    const base = { name: 'load-base', config: { architecture: 'compact32' } };
    expect(rulesOf(facts(evaluated([80, 100], [80, 100]), { base }))).toEqual(['small-base']);
    expect(rulesOf(facts(good, { base }))).toEqual([]);
  });

  test('training images learned by heart', () => {
    const history = { epochs: epochs([0.5, 0.3, 0.3, 0.3, 0.3], 0.99), bestEpoch: 5 };
    const heart = facts(evaluated([160, 200], [160, 200]), { history });
    expect(judge(heart)).toMatchObject({
      level: 'weak',
      weaknesses: ['99.0% of the training images are right, 19 points more: the model learned them by heart'],
      next: { text: 'add an `augment` stage, or more images' },
    });
    expect(next({ ...heart, augment: { name: 'augment', config: {} } })).toEqual({
      text: 'add images, or make the head smaller or its dropout stronger',
    });
    expect(rulesOf({ ...heart, metrics: evaluated([190, 200], [190, 200]) })).toEqual([]);
  });

  test('weights from after the best epoch', () => {
    const history = { epochs: epochs([0.5, 0.2, 0.25, 0.3]), bestEpoch: 4 };
    const past = facts(good, { history });
    expect(judge(past).weaknesses).toEqual(['validation loss was lowest after epoch 2 of 4, and rose by 50.0% since']);
    expect(next(past)).toMatchObject({ set: ['stages.train.early_stopping={}'] });
    expect(rulesOf(facts(good, { history }, { early_stopping: { patience: 5 } }))).toEqual([]);
    expect(rulesOf(facts(good, { history: { ...history, bestEpoch: 2 } }))).toEqual([]);
  });

  test('a training that ended too early', () => {
    const history = { epochs: epochs([0.5, 0.4, 0.3, 0.25]), bestEpoch: 4 };
    expect(next(facts(good, { history }, { epochs: 4 }))).toEqual({
      text: 'train longer',
      set: ['stages.train.epochs=8'],
    });
    expect(rulesOf(facts(evaluated([99, 100], [98, 100]), { history }, { epochs: 4 }))).toEqual([]);
    // Early stopping ended it.
    expect(rulesOf(facts(good, { history }, { epochs: 50 }))).toEqual([]);
    expect(
      rulesOf(facts(good, { history: { epochs: epochs([0.5, 0.3, 0.299]), bestEpoch: 3 } }, { epochs: 3 })),
    ).toEqual([]);
  });

  test('too few images of a class', () => {
    const one = judge(facts(evaluated([290, 300], [290, 300], [4, 4])));
    expect([one.level, one.weaknesses, one.next]).toEqual([
      'weak',
      ['birds has fewer than 5 validation images: figures of single classes say little there'],
      { text: 'add images of small classes' },
    ]);
    expect(rulesOf(facts(evaluated([290, 300], [290, 300], [5, 5])))).toEqual([]);
    expect(judge(facts(evaluated([290, 300], [4, 4], [4, 4]))).weaknesses).toContain(
      '2 of 3 classes have fewer than 5 validation images: figures of single classes say little there',
    );
    // Of every class: all together are too few.
    expect(rulesOf(facts(evaluated([4, 4], [4, 4])))).not.toContain('few-of-a-class');
  });

  test('too few images', () => {
    expect(judge(facts(evaluated([19, 20], [19, 20]))).weaknesses).toEqual([
      '40 validation images are too few to know the accuracy better than that',
    ]);
  });
});

test('a terminal shows the sentences wrapped, and a command in one piece', () => {
  const history = { epochs: epochs([0.5, 0.2, 0.25, 0.3]), bestEpoch: 4 };
  expect(
    verdictLines(judge(facts(good, { history })), {
      file: 'my pets.yaml',
      color: false,
      width: 80,
      program: 'npx pipeline',
    }),
  ).toEqual([
    '! 94.0% of 200 validation images are right (95% interval: 89.8% to 96.5%);\n  always answering cats would reach 50.0%',
    '! validation loss was lowest after epoch 2 of 4, and rose by 50.0% since',
    '  -> stop at the best epoch and keep its weights',
    "     npx pipeline run 'my pets.yaml' --set 'stages.train.early_stopping={}'",
  ]);
});

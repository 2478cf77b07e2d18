/** Training as a whole on made-up features: continues from any checkpoint in the same bits, and reports why it diverges. */
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import type { EpochMetrics, RunEvent } from '../../src/core/event.js';
import type { PipelineError } from '../../src/core/problem.js';
import type { TrainConfig } from '../../src/core/schema-types.js';
import type { Weights } from '../../src/model/tensor.js';
import { encodeWeights } from '../../src/model/weights-file.js';
import { madeUpWeights } from '../model/graphs.js';
import { digests, graph, MadeUp, train, type Attempt } from './made-up-training.js';

const bytes = (weights: Weights) => digestOf(encodeWeights(weights));

describe('a training that continues from a checkpoint', () => {
  const cases: Readonly<Record<string, Partial<TrainConfig>>> = {
    'cosine with a warm-up and a penalty': { schedule: { cosine: { alpha: 0.1 } }, warmup_epochs: 1.5, l2: 0.01 },
    'a plateau and the best weights': {
      reduce_on_plateau: { monitor: 'val_loss', factor: 0.5, patience: 1, min_delta: 0.5, cooldown: 1, min_lr: 0 },
      early_stopping: { monitor: 'val_loss', patience: 3, min_delta: 0.05, restore_best_weights: true },
      epochs: 8,
    },
  };
  // One bad image among those to train on, one among those to validate on.
  const broken = [digests[7], digests[20]];

  test.each(Object.entries(cases))('ends in the same bits: %s', async (_, config) => {
    const written: Uint8Array[] = [];
    const whole = await train({
      config,
      features: new MadeUp(broken),
      checkpoint: { due: () => true, write: async (content) => void written.push(content) },
    });
    const undisturbed = await train({ config, features: new MadeUp(broken) });
    expect(bytes(undisturbed.weights)).toEqual(bytes(whole.weights));
    // After each step, and after each epoch but the last.
    expect(written.length).toBeGreaterThan(whole.history.length * 5);
    const reported = new Set<string>();
    for (let index = 0; index < written.length; index += 5) {
      const notes: string[] = [];
      const resumed = await train({
        config,
        features: new MadeUp(broken),
        notes,
        checkpoint: { read: async () => Buffer.from(written[index]) },
      });
      expect(bytes(resumed.weights)).toEqual(bytes(whole.weights));
      expect([resumed.history, resumed.bestEpoch]).toEqual([whole.history, whole.bestEpoch]);
      expect(notes[0]).toMatch(/^resumed/);
      reported.add(notes[0]);
    }
    expect(reported.size).toBeGreaterThan(5);
    expect([...reported].some((text) => /^resumed after epoch \d$/.test(text))).toBe(true);
    expect([...reported].some((text) => /^resumed in epoch \d, after \d batch(es)?$/.test(text))).toBe(true);
  });

  test('leaves one where it is interrupted, and continues from that', async () => {
    const whole = await train({});
    const stop = new AbortController();
    const written: Uint8Array[] = [];
    const events: RunEvent[] = [];
    const emitting = Object.assign([], {
      push: (event: RunEvent) => (event.event === 'epoch' && event.epoch === 2 && stop.abort(), events.push(event)),
    }) as RunEvent[];
    const stopped = train({
      events: emitting,
      signal: stop.signal,
      checkpoint: { write: async (content) => void written.push(content) },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(written).toHaveLength(1);
    const notes: string[] = [];
    const resumed = await train({ notes, checkpoint: { read: async () => Buffer.from(written[0]) } });
    expect(notes).toEqual(['resumed after epoch 2']);
    expect(bytes(resumed.weights)).toEqual(bytes(whole.weights));
  });

  test('begins again where another version of the tool wrote it', async () => {
    const written: Uint8Array[] = [];
    const whole = await train({
      checkpoint: { due: () => written.length === 0, write: async (content) => void written.push(content) },
    });
    const other = Buffer.from(written[0]);
    other.write('"format":2', other.indexOf('"format":1'));
    const notes: string[] = [];
    expect(bytes((await train({ notes, checkpoint: { read: async () => other } })).weights)).toEqual(
      bytes(whole.weights),
    );
    expect(notes).toEqual([]);
  });
});

test('early stopping says when it stopped, and which weights are kept', async () => {
  const notes: string[] = [];
  const config = {
    early_stopping: { monitor: 'loss', patience: 2, min_delta: 100, restore_best_weights: true } as const,
  };
  const { history, bestEpoch } = await train({ config, notes });
  expect([history.length, bestEpoch]).toEqual([3, 1]);
  expect(notes).toEqual(['stopped after epoch 3: loss was best in epoch 1, and its weights are kept']);
});

describe('the figures', () => {
  test('have each epoch’s rate, and events only where it changes', async () => {
    const events: RunEvent[] = [];
    const { history } = await train({ config: { schedule: { step: { every: 2, factor: 0.5 } } }, events });
    expect(history.map((epoch) => epoch.learning_rate)).toEqual([0.05, 0.05, 0.025, 0.025, 0.0125]);
    expect(events.flatMap((event) => (event.event === 'epoch' ? [event.learningRate] : []))).toEqual([
      undefined,
      undefined,
      0.025,
      undefined,
      0.0125,
    ]);
  });

  test('hold the penalty, in training and validation', async () => {
    const config = { epochs: 1, batch_size: 18 };
    const still = { learningRate: 1e-30 };
    const [without, with0] = [
      await train({ config, ...still }),
      await train({ config: { ...config, l2: 0.1 }, ...still }),
    ];
    const weights = madeUpWeights(graph, 1);
    const squares = ['hidden/kernel', 'classes/kernel']
      .flatMap((name) => [...weights.get(name)!.data])
      .reduce((sum, w) => sum + w * w, 0);
    const difference = (name: keyof EpochMetrics) => with0.history[0][name]! - without.history[0][name]!;
    expect(difference('loss')).toBeCloseTo(0.1 * squares, 4);
    expect(difference('val_loss')).toBeCloseTo(0.1 * squares, 4);
    expect(difference('accuracy')).toBe(0);
  });
});

describe('what is not a number', () => {
  const reason = (attempt: Attempt) =>
    train(attempt).then(
      () => {
        throw new Error('it trained');
      },
      (error: PipelineError) => error,
    );
  const sgd = { kind: 'sgd', momentum: 0, nesterov: false } as const;

  test.each([
    ['onnx', false],
    ['tfjs', true],
  ])('a learning rate of a million diverges: the epoch, the step and the layer, on %s', async (_, tfjs) => {
    const error = await reason({ program: { optimizer: sgd }, learningRate: 1e6, tfjs });
    expect([error.category, error.problems[0].code]).toEqual(['stage-failed', 'diverged']);
    expect(error.problems[0].found).toMatch(
      /^(the loss became (NaN|Infinity|-Infinity)|training diverged) in epoch \d, step \d, at the learning rate 1000000, .*\blayer (hidden|norm|drop|classes)\b/,
    );
    expect(error.problems[0].remedy).toMatch(/learning rate.*global_clipnorm/);
  });

  test.each([
    ['onnx', false],
    ['tfjs', true],
  ])('an output that overflows is reported with its layer, on %s', async (_, tfjs) => {
    const weights = new Map(madeUpWeights(graph, 1));
    const kernel = weights.get('hidden/kernel')!;
    weights.set('hidden/kernel', { ...kernel, data: kernel.data.map(() => 3e38) });
    const error = await reason({ program: { weights }, features: new MadeUp([], (row) => row.map(() => 9)), tfjs });
    expect(error.problems[0]).toMatchObject({
      code: 'diverged',
      found: expect.stringMatching(
        /in epoch 1, step 1, at the learning rate 0.05, first in the output of the layer hidden$/,
      ),
    });
  });

  test('a loss that is finite and far above guessing is reported once', async () => {
    const notes: string[] = [];
    await train({ learningRate: 1000, notes });
    expect(notes).toEqual([expect.stringContaining('more than 100 times that of random guessing')]);
  });

  test('a split without a usable image ends the training: there are no metrics', async () => {
    const left = [digests.slice(0, 18), digests.slice(18)];
    for (const [broken, split] of [
      [left[0], 'training'],
      [left[1], 'validation'],
    ] as const) {
      const error = await reason({ features: new MadeUp(broken) });
      expect([error.category, error.problems[0].found]).toEqual([
        'bad-data',
        `none of the ${split} images can be used`,
      ]);
    }
  });

  test('features that are not numbers are not divergence', async () => {
    const spoil = (row: Float32Array) => row.fill(NaN, 2, 3);
    const error = await reason({ features: new MadeUp([], spoil) });
    expect([error.category, error.problems[0].code]).toEqual(['bad-data', 'features-not-finite']);
  });
});

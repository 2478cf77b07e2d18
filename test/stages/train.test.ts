import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/core/digest.js';
import type { StageConfigs } from '../../src/core/schema-types.js';
import { EarlyStopping } from '../../src/stages/train/early-stopping.js';
import { requireMonitored } from '../../src/stages/train/monitor.js';
import { classWeights, dropoutMasks, optimizerOf, targetsOf } from '../../src/stages/train/objective.js';
import { runTrain } from '../../src/stages/train/run.js';
import { Bench } from './context.js';

describe('targets', () => {
  test('labels for one unit, one-hot rows for more', () => {
    expect(targetsOf([0, 1, 1], 1)).toEqual(Float32Array.of(0, 1, 1));
    expect(targetsOf([2, 0], 3)).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0));
  });
});

describe('class weights', () => {
  test('balanced ones weigh every class the same in all', () => {
    const labels = [0, 0, 0, 1];
    expect(classWeights('balanced', ['a', 'b'], labels)).toEqual([4 / 6, 2]);
  });
  test('are given by name, and an unknown name is reported', () => {
    expect(classWeights({ b: 3 }, ['a', 'b'], [])).toEqual([1, 3]);
    expect(() => classWeights({ cat: 2 }, ['cats', 'dogs'], [])).toThrow(
      '`class_weight` names `cat`, but no image has that class',
    );
  });
});

describe('dropout masks', () => {
  const layers = [{ name: 'drop', rate: 0.25, units: 500 }];
  test('drop their rate and scale the rest, so that the mean stays', () => {
    const mask = dropoutMasks(layers, 20, 1, 0).get('drop')!;
    expect(mask).toHaveLength(10_000);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(mask.filter((value) => value === 0).length / mask.length).toBeCloseTo(0.25, 1);
  });
  test('follow from seed, layer and step alone', () => {
    const draw = (seed: number, step: number) => dropoutMasks(layers, 2, seed, step).get('drop')!;
    expect(draw(1, 0)).toEqual(draw(1, 0));
    expect(draw(1, 1)).not.toEqual(draw(1, 0));
    expect(draw(2, 0)).not.toEqual(draw(1, 0));
  });
});

describe('early stopping', () => {
  const config = { monitor: 'val_loss', patience: 2, min_delta: 0.01, restore_best_weights: true } as const;
  test('waits its patience after the best epoch, and a change below min_delta is none', () => {
    const stopping = new EarlyStopping(config);
    const verdicts = [1, 0.8, 0.795, 0.9].map((value, epoch) => stopping.judge(epoch, { loss: 0, val_loss: value }));
    expect(verdicts).toEqual(['best', 'best', 'wait', 'stop']);
    expect(stopping.state.bestEpoch).toBe(1);
  });
  test('follows accuracy upwards', () => {
    const stopping = new EarlyStopping({ ...config, monitor: 'val_accuracy', patience: 1 });
    expect([0.5, 0.7, 0.6].map((value, epoch) => stopping.judge(epoch, { loss: 0, val_accuracy: value }))).toEqual([
      'best',
      'best',
      'stop',
    ]);
  });
});

describe('without validation images', () => {
  const plateau = { monitor: 'val_loss', factor: 0.5, patience: 1, min_delta: 0, cooldown: 0, min_lr: 0 } as const;
  test('monitoring one of their metrics is refused before there are features', async () => {
    const bench = new Bench();
    const image = { size: [8, 8], interpolation: 'nearest', orientation: 'exif' };
    const data = {
      spec: bench.putJson({ classes: ['a', 'b'], image }),
      samples: bench.putJson({
        samples: [
          [digestOf('one'), 0, 'train'],
          [digestOf('two'), 1, 'train'],
        ],
      }),
      files: bench.putJson({ root: 'pictures', onBadImage: 'fail', paths: {} }),
    };
    const config = { early_stopping: { monitor: 'val_accuracy' }, reduce_on_plateau: plateau } as StageConfigs['train'];
    await expect(runTrain(bench.context<'train'>(config, { data }))).rejects.toMatchObject({
      category: 'invalid',
      problems: [
        {
          code: 'monitor-not-measured',
          field: ['early_stopping', 'monitor'],
          remedy: 'add validation images, with `split` or a folder validation/, or monitor accuracy',
        },
        {
          code: 'monitor-not-measured',
          field: ['reduce_on_plateau', 'monitor'],
          found: '`reduce_on_plateau` monitors `val_loss`, but there are no validation images',
        },
      ],
    });
  });
  test('figures of training can be followed', () => {
    expect(() => requireMonitored({ reduce_on_plateau: { ...plateau, monitor: 'accuracy' } }, 0)).not.toThrow();
    expect(() => requireMonitored({ reduce_on_plateau: plateau }, 1)).not.toThrow();
  });
});

test('optimizers take Keras’s settings', () => {
  const sgd = { learning_rate: 0.1, momentum: 0.9, nesterov: true };
  expect(optimizerOf({ sgd })).toEqual({
    optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true },
    learningRate: 0.1,
  });
});

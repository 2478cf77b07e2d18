/** The learning rate over the epochs, held against Keras's own schedules and its ReduceLROnPlateau. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainConfig } from '../../src/core/schema-types.js';
import { afterEpoch, plateauStart } from '../../src/stages/train/plateau.js';
import { scheduledPart, type ScheduleConfig } from '../../src/stages/train/schedule.js';

interface Golden {
  /** Rates of some of 40 steps, ten an epoch, from the rate 0.1 on. */
  readonly schedules: readonly (Pick<ScheduleConfig, 'schedule' | 'warmup_epochs'> & {
    readonly steps: number[];
    readonly rates: number[];
  })[];
  readonly plateaus: readonly {
    readonly options: NonNullable<TrainConfig['reduce_on_plateau']>;
    readonly values: readonly number[];
    readonly rates: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(join(process.cwd(), 'test/fixtures/keras/training.json'), 'utf8')) as Golden;

describe('schedules', () => {
  test.each(golden.schedules.map((one) => [JSON.stringify(one.schedule), one.warmup_epochs, one] as const))(
    '%s after %d epochs of warm-up',
    (_, _warmup, { steps, rates, ...config }) => {
      steps.forEach((step, i) =>
        expect(0.1 * scheduledPart({ ...config, epochs: 4 }, step / 10)).toBeCloseTo(rates[i], 7),
      );
      expect(new Set(rates).size).toBeGreaterThan(1);
    },
  );

  test('a warm-up goes before a constant rate too', () => {
    const parts = [0, 0.5, 1, 2, 3.9].map((position) =>
      scheduledPart({ schedule: { constant: {} }, warmup_epochs: 2, epochs: 4 }, position),
    );
    expect(parts).toEqual([0, 0.25, 0.5, 1, 1]);
  });

  test('steps are counted from the end of the warm-up', () => {
    const config: ScheduleConfig = { schedule: { step: { every: 2, factor: 0.1 } }, warmup_epochs: 1, epochs: 9 };
    expect([0.5, 1, 2.9, 3, 5].map((position) => scheduledPart(config, position))).toEqual([0.5, 1, 1, 0.1, 0.1 ** 2]);
  });
});

describe('reduce_on_plateau', () => {
  test.each(golden.plateaus.map((one) => [JSON.stringify(one.options), one] as const))(
    '%s',
    (_, { options, values, rates }) => {
      let state = plateauStart(0.1);
      const found = values.map((value) => {
        const { rate } = state;
        state = afterEpoch(options, state, { loss: value, val_loss: value });
        return rate;
      });
      found.forEach((rate, epoch) => expect(rate).toBeCloseTo(rates[epoch], 8));
    },
  );

  test('follows accuracies upwards', () => {
    const config = { monitor: 'accuracy', factor: 0.5, patience: 1, min_delta: 0, cooldown: 0, min_lr: 0 } as const;
    const after = (state: ReturnType<typeof plateauStart>, accuracy: number) =>
      afterEpoch(config, state, { loss: 1, accuracy });
    const risen = after(after(plateauStart(1), 0.5), 0.6);
    expect([risen.rate, after(risen, 0.5).rate]).toEqual([1, 0.5]);
  });
});

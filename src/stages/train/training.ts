/** A training from its program to its weights: here, or on a thread of its own. */
import PQueue from 'p-queue';
import type { EngineIdentity, TrainingProgram } from '../../engine/engine.js';
import { openEngine, type EngineOptions } from '../../engine/resolve.js';
import { trainVerified } from '../../engine/second-opinion.js';
import type { LoopOptions } from './loop-options.js';
import { trainEpochs, type Trained } from './loop.js';

/** All that decides its result but the images: plain data, which threads can be sent. */
export interface Training {
  readonly engine: EngineIdentity;
  readonly program: TrainingProgram;
  readonly loop: Pick<
    LoopOptions,
    'name' | 'config' | 'epochs' | 'seed' | 'suffix' | 'units' | 'task' | 'learningRate' | 'classWeights'
  >;
}

/** What it reads and reports to. */
export type Surroundings = Omit<LoopOptions, keyof Training['loop']>;

/** Trainings at once that compute on the main thread, and on all cores: they take turns, but each needs its memory. */
const here = new PQueue({ concurrency: 2 });

/** Trains on this thread, as soon as few others do. */
export function trainHere(training: Training, surroundings: Surroundings, options: EngineOptions): Promise<Trained> {
  return here.add(() => {
    surroundings.signal.throwIfAborted();
    return train(training, surroundings, options);
  }) as Promise<Trained>;
}

/** Trains to the end. */
export async function train(
  { engine, program, loop }: Training,
  surroundings: Surroundings,
  options: EngineOptions,
): Promise<Trained> {
  const trainer = await trainVerified(await openEngine(engine, options), program);
  try {
    return await trainEpochs(trainer, { ...loop, ...surroundings });
  } finally {
    trainer.dispose();
  }
}

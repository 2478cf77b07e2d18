/** A training from its program to its weights. */
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

/** What a training gave, and how long it took, not counting the wait for its turn. */
export interface Timed {
  readonly trained: Trained;
  readonly ms: number;
}

export async function timed(work: () => Promise<Trained>): Promise<Timed> {
  const started = performance.now();
  return { trained: await work(), ms: performance.now() - started };
}

/** Trains to the end. */
export async function train(
  { engine, program, loop }: Training,
  surroundings: Surroundings,
  options: EngineOptions = {},
): Promise<Trained> {
  const trainer = await trainVerified(await openEngine(engine, options), program);
  try {
    return await trainEpochs(trainer, { ...loop, ...surroundings });
  } finally {
    trainer.dispose();
  }
}

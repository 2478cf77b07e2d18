/** Trainings on the main thread. */
import PQueue from 'p-queue';
import type { EngineOptions } from '../../engine/resolve.js';
import { timed, train, type Surroundings, type Timed, type Training } from './training.js';

/** Trainings at once that compute on the main thread, and on all cores: they take turns, but each needs its memory. */
const here = new PQueue({ concurrency: 2 });

/** Trains on this thread, as soon as few others do. */
export function trainHere(training: Training, surroundings: Surroundings, options: EngineOptions): Promise<Timed> {
  return here.add(() => {
    surroundings.signal.throwIfAborted();
    return timed(() => train(training, surroundings, options));
  }) as Promise<Timed>;
}

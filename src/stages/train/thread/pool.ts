/** The threads that trainings run on: one for each that runs at the same time, kept for those to come. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import PQueue from 'p-queue';
import { packageFile } from '../../../core/package.js';
import { prepareThreads } from '../../../engine/resolve.js';

const idle: Worker[] = [];
const ended = new WeakSet<Worker>();

/** More threads than cores would take memory, and each compiles its own code; other stages prepare in the meantime. */
const trainings = new PQueue({ concurrency: availableParallelism() });

type Work<Result> = (worker: Worker) => Promise<Result>;

/** Runs work on a thread, as soon as a core is free for it. */
export function onThread<Result>(work: Work<Result>): Promise<Result> {
  return trainings.add(() => run(work)) as Promise<Result>;
}

async function run<Result>(work: Work<Result>): Promise<Result> {
  const worker = idle.pop() ?? start();
  worker.ref();
  try {
    return await work(worker);
  } finally {
    // One that waits keeps no process alive.
    worker.unref();
    if (!ended.has(worker)) idle.push(worker);
  }
}

function start(): Worker {
  prepareThreads();
  const worker = new Worker(packageFile('dist/stages/train/thread/training-worker.js'));
  const end = (): void => {
    ended.add(worker);
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
  };
  // What it still sends would be taken for a part of the next training.
  const broken = (): void => {
    end();
    void worker.terminate();
  };
  return worker.on('error', end).on('exit', end).on('messageerror', broken);
}

/**
 * Node's pool of threads, on which images are decoded and files are read: as many as there are cores. libuv has four
 * unless the environment says otherwise, and reads that when the first of them has work. In Node 20 this is before the
 * first statement of an ES module, hence `cli.cjs`. Processes that the command starts inherit the number.
 */
import { availableParallelism } from 'node:os';

/** libuv's default. */
const LEAST = 4;
/** The threads start together, at the first file that is read. */
const MOST = 64;

export function sizeThreadPool(env: NodeJS.ProcessEnv, cores = availableParallelism()): void {
  if (env.UV_THREADPOOL_SIZE === undefined && cores > LEAST) env.UV_THREADPOOL_SIZE = String(Math.min(cores, MOST));
}

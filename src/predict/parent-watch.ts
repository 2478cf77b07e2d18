/** A thread that ends its process once its parent is gone: the process's own thread may be inside the model for good. */
import { workerData } from 'node:worker_threads';

const EVERY_MS = 500;

const parent = workerData as number;

setInterval(() => {
  if (process.ppid !== parent || !isRunning(parent)) process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);

/** On Windows, the number of a process's parent stays. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A thread that ends its process when its parent is gone: the main thread may be stuck inside the model. */
import { workerData } from 'node:worker_threads';

const EVERY_MS = 500;

const parent = workerData as number;

setInterval(() => {
  if (process.ppid !== parent || !isRunning(parent)) process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);

/** On Windows, `process.ppid` does not change when the parent exits. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

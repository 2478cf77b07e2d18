/** What a process does that its parent kills at any time, because native code in it cannot be stopped otherwise. */
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { packageFile } from './package.js';

/** Makes this process end with its parent, and before it if memory runs out. */
export function endWithParent(): void {
  offerToBeEnded();
  new Worker(packageFile('dist/core/parent-watch.js'), { workerData: process.ppid }).unref();
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

/** If all memory is taken, Linux ends this process before any other. */
function offerToBeEnded(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not available everywhere; then the system chooses.
  }
}

/**
 * The health check of the image: asks the worker in this container for /healthz, at the port that its command line
 * names. A container that runs another command serves nothing, and is healthy as long as it runs.
 */
import { readFileSync } from 'node:fs';

// The first process is the worker, or the init that Docker puts in front of it with the same arguments.
const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
const port = words[words.indexOf('--http') + 1];
if (words.includes('--http')) {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4000) });
  if (!response.ok) throw new Error(`/healthz answers ${response.status}`);
}

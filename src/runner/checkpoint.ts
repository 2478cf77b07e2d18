/** Gives a stage its checkpoint in the store, and says when it is time to write one. */
import type { ActionKey } from '../core/digest.js';
import { failure } from '../core/problem.js';
import type { Checkpoint } from '../core/stage.js';
import type { Store } from '../store/store.js';

/** Between two checkpoints; epochs may take less than a hundredth of it. */
const INTERVAL_SECONDS = 5;

/** Writing takes at most this part of the time, however slow the disk is. */
const SHARE = 1 / 20;

export function checkpointOf(
  { checkpoints }: Store,
  key: ActionKey,
  environment: NodeJS.ProcessEnv = process.env,
): Checkpoint {
  const interval = intervalOf(environment) * 1000;
  let next = performance.now() + interval;
  return {
    read: () => checkpoints.read(key),
    due: () => performance.now() >= next,
    async write(content) {
      const started = performance.now();
      await checkpoints.write(key, content);
      const now = performance.now();
      // At an interval of 0 every step is kept, whatever that costs.
      next = interval === 0 ? now : now + Math.max(interval, (now - started) * (1 / SHARE - 1));
    },
  };
}

function intervalOf({ PIPELINE_CHECKPOINT_SECONDS: text }: NodeJS.ProcessEnv): number {
  if (text === undefined || text === '') return INTERVAL_SECONDS;
  const seconds = Number(text);
  if (seconds >= 0) return seconds;
  throw failure('invalid', {
    code: 'bad-environment',
    where: 'PIPELINE_CHECKPOINT_SECONDS',
    found: `must be a number of seconds, but got ${text}`,
    expected: 'a number of at least 0',
  });
}

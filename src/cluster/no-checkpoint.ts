/** For asking a stage what it needs: nothing is kept of that. */
import type { Checkpoint } from '../core/stage.js';

export const NO_CHECKPOINT: Checkpoint = {
  read: () => Promise.resolve(undefined),
  due: () => false,
  write: () => Promise.resolve(),
};

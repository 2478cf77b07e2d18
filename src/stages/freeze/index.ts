/** freeze: marks the layers of a base that keep their weights. */
import type { StageDefinition } from '../../core/stage.js';

export const freeze: StageDefinition<'freeze'> = {
  kind: 'freeze',
  impl: 1,
  reads: { base: ['model'] },

  run: async (context) => (await import('./run.js')).runFreeze(context),
  dryRun: async (context) => (await import('./run.js')).runFreeze(context),
};

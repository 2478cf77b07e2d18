/** build-head: puts new layers on top of a base, sized for the images and the classes, with seeded weights. */
import type { StageDefinition } from '../../core/stage.js';

export const buildHead: StageDefinition<'build-head'> = {
  kind: 'build-head',
  impl: 2,
  reads: { base: ['model'], data: ['spec'] },

  run: async (context) => (await import('./run.js')).runBuildHead(context),
  dryRun: async (context) => (await import('./run.js')).runBuildHead(context),
};

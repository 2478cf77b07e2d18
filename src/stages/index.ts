/** The table of stage kinds. */
import type { StageDefinition } from '../core/stage.js';
import type { StageKind } from '../core/schema-types.js';
import { augment } from './augment/index.js';
import { buildHead } from './build-head/index.js';
import { evaluate } from './evaluate/index.js';
import { exportModel } from './export/index.js';
import { freeze } from './freeze/index.js';
import { ingest } from './ingest/index.js';
import { loadBase } from './load-base/index.js';
import { train } from './train/index.js';

export const stages: { readonly [Kind in StageKind]: StageDefinition<Kind> } = {
  ingest,
  augment,
  'load-base': loadBase,
  freeze,
  'build-head': buildHead,
  train,
  evaluate,
  export: exportModel,
};

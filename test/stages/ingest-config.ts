/** An ingest stage with every default. */
import type { IngestConfig } from '../../src/core/schema-types.js';

export const ingestConfig: IngestConfig = {
  source: 'pictures',
  image: {
    size: [32, 32],
    interpolation: 'bilinear',
    orientation: 'exif',
    fit: 'stretch',
    crop_pct: 0.875,
    crop_rounding: 'down',
    fill: [0, 0, 0],
  },
  max_megapixels: 256,
  split: { validation: 0.3, test: 0 },
  on_bad_image: 'fail',
  on_bad_row: 'fail',
  on_label_conflict: 'fail',
};

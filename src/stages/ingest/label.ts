/** Labels the images of a source as its pipeline says. */
import type { IngestConfig } from '../../core/schema-types.js';
import { folderLabels } from './folder-labels.js';
import type { Labeling } from './labeling.js';
import { readLayout } from './layout.js';
import { hintFor, sourceName, type Listed } from './source.js';
import { tableLabels } from './table-labels.js';
import { tableOf } from './table-source.js';

export async function labelingOf(config: IngestConfig, listed: Listed): Promise<Labeling> {
  const { listing, shown, table } = listed;
  const named = tableOf(config);
  if (named !== undefined && table !== undefined)
    return tableLabels(config, named, table, listing, sourceName(config.source));
  const layout = readLayout(listing, config.split_folders);
  return folderLabels(config, layout, listing, { folder: shown, hint: await hintFor(layout, listed) });
}

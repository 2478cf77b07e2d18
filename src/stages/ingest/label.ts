/** Labels the images of a source as its pipeline says. */
import type { IngestConfig } from '../../core/schema-types.js';
import { folderLabels } from './folder-labels.js';
import { withGroups } from './groups.js';
import type { Labeling } from './labeling.js';
import { readLayout } from './layout.js';
import { patternLabels } from './pattern-labels.js';
import { hintFor, sourceName, type Listed } from './source.js';
import { tableLabels } from './table-labels.js';

export async function labelingOf(config: IngestConfig, listed: Listed): Promise<Labeling> {
  return withGroups(config, await labelsOf(config, listed), sourceName(config.source));
}

async function labelsOf(config: IngestConfig, listed: Listed): Promise<Labeling> {
  const { listing, shown, tables } = listed;
  const { labels, source } = config;
  if (tables !== undefined) return tableLabels(config, tables.columns, tables.found, listing, sourceName(source));
  if (typeof labels === 'object' && labels.pattern !== undefined)
    return patternLabels(config, labels.pattern, listing, sourceName(source));
  const layout = readLayout(listing, config.split_folders);
  return folderLabels(config, layout, listing, { folder: shown, hint: await hintFor(layout, listed) });
}

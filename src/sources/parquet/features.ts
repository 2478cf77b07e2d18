/** What Hugging Face's `datasets` notes in a Parquet file: which columns contain images, and the names of classes. */
import { parseBounded } from '../../core/bounded-json.js';
import { isRecord } from '../../core/is-record.js';
import type { ParquetFile } from './footer.js';

export interface Features {
  /** Names of classes by column: the column has their indexes. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  readonly images: ReadonlySet<string>;
}

export function featuresOf({ notes }: Pick<ParquetFile, 'notes'>): Features {
  const classes = new Map<string, readonly string[]>();
  const images = new Set<string>();
  for (const [column, feature] of Object.entries(declared(notes.get('huggingface')))) {
    if (!isRecord(feature)) continue;
    if (feature._type === 'Image') images.add(column);
    // In a list of labels, the feature of its items has the names.
    const label = isRecord(feature.feature) ? feature.feature : feature;
    if (label._type === 'ClassLabel' && isNames(label.names)) classes.set(column, label.names);
  }
  return { classes, images };
}

/** A note that cannot be read says nothing: the columns are still there. */
function declared(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    const note = parseBounded(text);
    const info = isRecord(note) ? note.info : undefined;
    const features = isRecord(info) ? info.features : undefined;
    return isRecord(features) ? features : {};
  } catch {
    return {};
  }
}

function isNames(names: unknown): names is readonly string[] {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

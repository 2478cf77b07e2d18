/** Which labels the cell of a row contains. */
import { classNameOf } from '../../core/class-layout.js';
import type { IngestConfig } from '../../core/schema-types.js';
import { partsOf } from '../../sources/table/label-cells.js';
import type { LabelRow } from './table-rows.js';

/** Each list is kept once, because many rows have the same labels. `kept` gives one copy of each text. */
export function labelReader(
  { task, labels }: Pick<IngestConfig, 'task' | 'labels'>,
  kept: (text: string) => string,
): (label: LabelRow['label']) => readonly string[] {
  const separator = task === 'multilabel' && typeof labels === 'object' ? labels.separator : undefined;
  const known = new Map<string, readonly string[]>();
  return (label) => {
    const key = JSON.stringify(label);
    const found = known.get(key) ?? partsOf(label, separator).map((part) => kept(classNameOf(part)));
    known.set(key, found);
    return found;
  };
}

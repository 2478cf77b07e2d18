/** The history of a training as a table, for spreadsheets and plots; Keras's CSVLogger names its columns likewise. */
import { formatCsv } from '../../core/text/csv.js';
import type { EpochRecord, History } from '../../model/results.js';

const columns: readonly (keyof EpochRecord)[] = [
  'loss',
  'accuracy',
  'binary_accuracy',
  'val_loss',
  'val_accuracy',
  'val_binary_accuracy',
  'learning_rate',
];

/** A row per epoch, from 1. A column that no epoch has is left out; numbers have all their digits. */
export function historyCsv({ epochs }: History): string {
  const measured = columns.filter((column) => epochs.some((epoch) => epoch[column] !== undefined));
  const rows = epochs.map((epoch, index) => [
    String(index + 1),
    ...measured.map((column) => String(epoch[column] ?? '')),
  ]);
  return formatCsv(['epoch', ...measured], rows);
}

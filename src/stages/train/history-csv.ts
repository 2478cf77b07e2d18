/** The history of a training as a table, for spreadsheets and plots; Keras's CSVLogger names its columns likewise. */
import { formatCsv } from '../../core/text/csv.js';
import { epochMetrics, type History } from '../../model/results.js';

/** A row per epoch, from 1. A column that no epoch has is left out; numbers have all their digits. */
export function historyCsv({ epochs }: History): string {
  const measured = epochMetrics.filter((column) => epochs.some((epoch) => epoch[column] !== undefined));
  const rows = epochs.map((epoch, index) => [
    String(index + 1),
    ...measured.map((column) => String(epoch[column] ?? '')),
  ]);
  return formatCsv(['epoch', ...measured], rows);
}

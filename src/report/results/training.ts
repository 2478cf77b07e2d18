/** The history of a training, and the summary of its data. */
import type { RecordedNode } from '../../core/run-record.js';
import { isDataSummary, type DataSummary } from '../../image/dataset.js';
import { isHistory, type History } from '../../model/results.js';
import { readOutput, type Kept, type RunResults } from './kept.js';

export interface Training {
  readonly node: RecordedNode;
  readonly history: Kept<History>;
}

export interface Data {
  readonly node: RecordedNode;
  readonly summary: Kept<DataSummary>;
}

export async function readTraining(results: RunResults, node: RecordedNode): Promise<Training> {
  return { node, history: await readOutput(results, node.name, 'history', isHistory) };
}

export async function readData(results: RunResults, node: RecordedNode): Promise<Data> {
  return { node, summary: await readOutput(results, node.name, 'summary', isDataSummary) };
}

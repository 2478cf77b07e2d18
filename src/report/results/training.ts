/** How a training went, and what the pictures were. */
import type { EpochMetrics } from '../../core/event.js';
import type { RecordedNode } from '../../core/run-record.js';
import { readOutput, type Kept, type RunResults } from './kept.js';

/** Output `history` of train. */
export interface History {
  readonly epochs: readonly EpochMetrics[];
  /** The epoch (from 1) that the weights are from. */
  readonly bestEpoch: number;
}

export interface Training {
  readonly node: RecordedNode;
  readonly history: Kept<History>;
}

/** Output `summary` of ingest. */
export interface DataSummary {
  readonly classes: readonly string[];
  /** Pictures by split and class. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly bad: readonly { readonly path: string; readonly reason: string }[];
}

export interface Data {
  readonly node: RecordedNode;
  readonly summary: Kept<DataSummary>;
}

export async function readTraining(results: RunResults, node: RecordedNode): Promise<Training> {
  return { node, history: await readOutput<History>(results, node.name, 'history') };
}

export async function readData(results: RunResults, node: RecordedNode): Promise<Data> {
  return { node, summary: await readOutput<DataSummary>(results, node.name, 'summary') };
}

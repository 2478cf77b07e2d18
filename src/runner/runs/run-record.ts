/** Writes the record of a run: once when it begins, so that a killed run is known too, and whole when it is over. */
import { join } from 'node:path';
import type { Json } from '../../core/canonical.js';
import { asPipelineError } from '../../core/problem.js';
import type { RecordedNode, RunEnd, RunRecord, RunStart, StageOutcome } from '../../core/run-record.js';
import { actionKeyOf } from '../action-key.js';
import type { RunResult } from '../outcome.js';
import type { RootGuard } from '../checkout/root-guard.js';
import { newRunFolder, RECORD_FILE } from './run-history.js';
import type { Session } from '../session.js';
import { owner } from '../../store/disk/owner.js';
import { writeWhole } from '../../store/disk/write-atomic.js';

export class RunRecorder {
  private constructor(
    readonly folder: string,
    private readonly start: RunStart,
    private readonly guard: RootGuard,
  ) {}

  /** Makes the folder of a new run and writes what is known; `tool` is this tool's version. */
  static async begin(session: Session, tool: string): Promise<RunRecorder> {
    const { pipeline, project, guard } = session;
    const now = new Date();
    const { id, folder } = await newRunFolder(project.runs, now);
    const start: RunStart = {
      format: 1,
      id,
      startedAt: now.toISOString(),
      tool,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      pipeline: { name: pipeline.name, file: project.display(pipeline.file), seed: pipeline.seed },
      source: pipeline.source,
      graph: graphOf(session),
    };
    const recorder = new RunRecorder(folder, start, guard);
    await recorder.write({ ...start, state: 'running', owner: owner() });
    return recorder;
  }

  /** The id of the run. */
  get id(): string {
    return this.start.id;
  }

  /** Resolves to the whole record, as it is in the file. */
  async finish({ state, durationMs, stages, metrics, failures, settled }: RunResult): Promise<RunStart & RunEnd> {
    const outcomes = stages.map((summary): StageOutcome => {
      const known = settled.get(summary.name);
      if (known === undefined) return summary;
      const { preimage, outputs } = known;
      return { ...summary, key: actionKeyOf(preimage), preimage: preimage as unknown as Json, outputs };
    });
    const end: RunEnd = {
      state,
      durationMs,
      stages: outcomes,
      metrics,
      problems: failures.flatMap(({ problems }) => problems),
    };
    const record = { ...this.start, ...end };
    await this.write(record);
    return record;
  }

  /** For a run that was refused before any stage began. */
  async abandon(error: unknown): Promise<void> {
    const { category, problems } = asPipelineError(error);
    const state = category === 'interrupted' ? 'interrupted' : 'failed';
    await this.write({ ...this.start, state, durationMs: 0, stages: [], metrics: {}, problems });
  }

  /** Written atomically for concurrent readers; not synced, because results do not depend on it. */
  private async write(record: RunRecord): Promise<void> {
    this.guard.check();
    await writeWhole(join(this.folder, RECORD_FILE), `${JSON.stringify(record)}\n`, { durable: false });
  }
}

function graphOf({ graph, pipeline }: Session): RecordedNode[] {
  return graph.nodes.map(({ stage, gates, folds }) => {
    const variant = pipeline.variants.get(stage.name);
    const { base, values, fold } = variant ?? {};
    return {
      name: stage.name,
      kind: stage.kind,
      reads: { ...stage.references },
      gates,
      ...(folds.length === 0 ? {} : { folds }),
      ...(base === undefined || values === undefined ? {} : { variant: { base, values } }),
      ...(fold === undefined ? {} : { fold }),
    };
  });
}

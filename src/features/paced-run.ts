/**
 * Runs a network over batches in parts that are over soon: while the engine holds the thread, Ctrl-C goes unnoticed.
 */
import type { Runner } from '../engine/engine.js';

/** What one part should take: a few in the two seconds in which an interruption has to come to its end. */
const PART_MS = 300;

/** An image's result is the same whatever its neighbors, so how a batch is parted decides nothing but time. */
export class PacedRun {
  /** Images in a part: the first, which also warms up, is small. */
  private part = 1;

  constructor(
    private readonly runner: Runner,
    private readonly signal: AbortSignal,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** As {@link Runner.run}; rejects between two parts when it is interrupted. */
  async run(inputs: Float32Array, count: number): Promise<Float32Array> {
    if (count <= this.part) return this.timed(inputs, count);
    const inputLength = inputs.length / count;
    let outputs: Float32Array | undefined;
    for (let from = 0; from < count;) {
      this.signal.throwIfAborted();
      const many = Math.min(this.part, count - from);
      const rows = await this.timed(inputs.subarray(from * inputLength, (from + many) * inputLength), many);
      const rowLength = rows.length / many;
      outputs ??= new Float32Array(count * rowLength);
      outputs.set(rows, from * rowLength);
      from += many;
    }
    return outputs!;
  }

  private async timed(inputs: Float32Array, count: number): Promise<Float32Array> {
    const started = this.now();
    const rows = await this.runner.run(inputs, count);
    const each = Math.max(1e-3, (this.now() - started) / count);
    // At most eight times as many as before: one lucky measure should not make the next part endless.
    this.part = Math.max(1, Math.min(count * 8, Math.floor(PART_MS / each)));
    return rows;
  }
}

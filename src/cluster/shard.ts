/**
 * A share of a run, for schedulers that start processes with a number: each extracts its part of the features and trains
 * its part of the variants and folds. All of them plan alike, and see in the shared cache what the others have done.
 * What nobody does for a while is done by those who have time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../core/digest.js';
import type { Extractor, FeatureNeed, FeatureStore } from '../core/stage.js';
import type { Delegate, Delegated } from '../runner/delegate.js';
import type { Node, StageGraph } from '../runner/graph.js';
import { runStage, stageContext, type Work } from '../runner/work.js';
import type { Remote } from '../store/shared/remote.js';
import { broughtWork, isForOthers } from './brought.js';
import { claim, ClaimWatch } from './claims.js';
import { NO_CHECKPOINT } from './no-checkpoint.js';
import type { Shard } from './shard-place.js';

/** Images of one piece of work: as many rows as a pack has. */
const PIECE = 256;
const POLL_MS = 2000;
/** A claim changes this often in the time that others wait. */
const BEATS = 4;

export interface ShardOptions extends Shard {
  /** Without progress of others for so long, their share is done here. */
  readonly waitMs: number;
  readonly jobSize?: number;
}

interface Piece {
  readonly view: number;
  readonly from: number;
  readonly to: number;
}

export class ShardedWork implements Delegate {
  /** This process computes one thing at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly ordinals: ReadonlyMap<string, number>;

  constructor(
    graph: StageGraph,
    private readonly remote: Remote,
    private readonly options: ShardOptions,
  ) {
    const nodes = graph.nodes.filter((node) => this.takes(node));
    this.ordinals = new Map(nodes.map((node, ordinal) => [node.stage.name, ordinal]));
  }

  takes(node: Node): boolean {
    return isForOthers(node);
  }

  async make(work: Delegated): Promise<Work> {
    const { session, node, inputs, signal } = work;
    const { context } = await stageContext(session, node, inputs, NO_CHECKPOINT, signal);
    const { features } = await node.definition.needs!(context);
    for (const need of features) await this.extract(work, need);
    return this.result(work);
  }

  /** Extracts a share of the rows, waits for the others, and does what they leave. */
  private async extract({ session, signal }: Delegated, need: FeatureNeed): Promise<void> {
    const { set, digests } = need;
    if (set?.preimage === undefined) return;
    const rows = await session.features.open(set.preimage, set.rowLength);
    await rows.lookElsewhere();
    await rows.shareAll();
    const bad = new Set<Digest>();
    const missing = ({ view, from, to }: Piece): number => missingOf(rows, bad, digests.slice(from, to), view);
    const pieces = piecesOf(need, this.options.jobSize ?? PIECE);
    let extractor: Extractor | undefined;
    const extract = async ({ view, from, to }: Piece): Promise<void> => {
      signal.throwIfAborted();
      extractor ??= await set.open();
      const { leftOut } = await extractor.extract(digests.slice(from, to), view);
      for (const digest of leftOut) bad.add(digest);
    };
    try {
      for (const [number, piece] of pieces.entries())
        if (number % this.options.count === this.options.index && missing(piece) > 0)
          await this.inTurn(() => extract(piece));
      await session.store.shared?.settle(signal);
      let [least, since] = [Infinity, performance.now()];
      for (;;) {
        await rows.lookElsewhere();
        const left = pieces.filter((piece) => missing(piece) > 0);
        const count = left.reduce((sum, piece) => sum + missing(piece), 0);
        if (count === 0) return;
        if (count < least) [least, since] = [count, performance.now()];
        if (performance.now() - since < this.options.waitMs) await sleep(POLL_MS, undefined, { signal });
        else {
          // Each begins at another place, so that those who take over do not all do the same.
          await this.inTurn(() => extract(left[this.options.index % left.length]));
          await session.store.shared?.settle(signal);
        }
      }
    } finally {
      await extractor?.close();
    }
  }

  /** Makes a stage that is ours; waits for any other, and makes it if nobody works on it. */
  private async result(work: Delegated): Promise<Work> {
    const { session, node, key, preimage, inputs, signal } = work;
    const { store } = session;
    const { index, count, waitMs } = this.options;
    const owner = this.ordinals.get(node.stage.name)! % count;
    const make = async (): Promise<Work> => {
      const done = claim(this.remote.objects, key, waitMs / BEATS);
      try {
        return await this.inTurn(async () => {
          const made = await runStage(session, node, preimage, inputs, signal);
          await store.shared?.settle(signal);
          return made;
        });
      } finally {
        done();
      }
    };
    const watch = new ClaimWatch(this.remote.objects, key);
    // One after another takes over, those next to the owner first.
    const patience = waitMs * (1 + ((index - owner + count) % count) / BEATS);
    for (;;) {
      signal.throwIfAborted();
      const brought = await broughtWork(work);
      if (brought !== undefined) return brought;
      if (owner === index || (await watch.silentMs()) > patience) return make();
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.turn.then(work);
    this.turn = turn.catch(() => undefined);
    return turn;
  }
}

function missingOf(rows: FeatureStore, bad: ReadonlySet<Digest>, digests: readonly Digest[], view: number): number {
  return digests.reduce((sum, digest) => sum + (rows.has(digest, view) || bad.has(digest) ? 0 : 1), 0);
}

/** The same pieces in every process. */
function piecesOf({ digests, views }: FeatureNeed, size: number): Piece[] {
  const pieces: Piece[] = [];
  for (const view of views)
    for (let from = 0; from < digests.length; from += size)
      pieces.push({ view, from, to: Math.min(from + size, digests.length) });
  return pieces;
}

/**
 * Has workers do what a run lacks. The shared cache says what is done, the queue only what to do next: a result counts when
 * it is there, is signed and hashes to its name. Quick stages run here, and are shared before workers are asked.
 */
import { failure } from '../core/problem.js';
import type { ActionKey, Digest, FeatureSetKey } from '../core/digest.js';
import type { Emit } from '../core/event.js';
import type { FeatureNeed, Outputs } from '../core/stage.js';
import { actionKeyOf } from '../runner/action-key.js';
import type { Delegate, Delegated } from '../runner/delegate.js';
import type { Node } from '../runner/graph.js';
import type { Session } from '../runner/session.js';
import { stageContext, type Work } from '../runner/work.js';
import type { Remote } from '../store/shared/remote.js';
import type { Store } from '../store/store.js';
import { Board } from './board.js';
import { broughtWork, isForOthers } from './brought.js';
import type { MakeJob } from './jobs.js';
import { parseFailure } from './messages.js';
import { NO_CHECKPOINT } from './no-checkpoint.js';
import { checkRedis, redisOf } from './redis.js';
import { extractByWorkers, type Extraction } from './rows.js';
import { shareInputs, shareSpec } from './share-inputs.js';
import { specOf } from './spec.js';
import { tryImage } from './try-image.js';
import { checkReached, writable } from './writable.js';

export interface CoordinatorOptions {
  readonly queue: string;
  /** Images in one job of extraction; chosen by the speed of workers if it is left out. */
  readonly jobSize?: number;
  readonly version: string;
}

/** How often workers may answer that a result is done which is nowhere. */
const FALSE_ANSWERS = 2;
const SHARED_WITHIN_MS = 10_000;

export class Coordinator implements Delegate {
  private readonly lethal = new Set<Digest>();
  private readonly turns = new Map<FeatureSetKey, Promise<void>>();
  /** Results that workers read, which were sent for an earlier stage. */
  private readonly sent = new Set<ActionKey>();
  private askedForWorkers: Promise<void> | undefined;

  private constructor(
    private readonly board: Board,
    private readonly remote: Remote,
    private readonly emit: Emit,
    private readonly options: CoordinatorOptions,
  ) {}

  /** Throws `invalid` without a shared cache that can be written, `input-output` if Redis cannot be used. */
  static async open(address: string, store: Store, emit: Emit, options: CoordinatorOptions): Promise<Coordinator> {
    const remote = writable(store.shared?.remote, '--workers');
    await checkReached(remote);
    const redis = redisOf(address);
    await checkRedis(redis);
    const note = (code: string, text: string): void => emit({ event: 'note', code, text });
    const board = await Board.open(redis, options.queue, {
      lost: (reason) =>
        note(
          'queue-lost',
          `Redis at ${redis.address} does not answer (${reason}): workers finish what they have begun`,
        ),
      found: () => note('queue-found', `Redis at ${redis.address} answers again: what is missing is queued again`),
    });
    return new Coordinator(board, remote, emit, options);
  }

  takes(node: Node): boolean {
    return isForOthers(node);
  }

  async make(work: Delegated): Promise<Work> {
    const { session, node, key, inputs, settled, signal } = work;
    const { store } = session;
    const keys = settled.map(({ preimage }) => actionKeyOf(preimage));
    await shareInputs(store, keys, this.sent, signal);
    this.askedForWorkers ??= this.noteWorkers();
    const outputs = new Map(settled.map((one) => [one.node.stage.name, one.outputs]));
    const spec = this.specs(work, outputs);
    const { context } = await stageContext(session, node, inputs, NO_CHECKPOINT, signal);
    const needs = await node.definition.needs!(context);
    await Promise.all(
      needs.features.map((need) => {
        const extraction: Extraction = {
          session,
          board: this.board,
          stage: node.stage.name,
          need,
          signal,
          spec,
          lethal: this.lethal,
          jobSize: this.options.jobSize,
          suspect: async (image, view) => {
            const isLethal = await tryImage({ ...work, need, image, view, spec: await spec() }, this.options.version);
            if (isLethal) this.leaveOut(image, node.stage.name);
          },
        };
        return this.inTurn(need, session, () => extractByWorkers(extraction));
      }),
    );
    return this.result(work, { kind: 'make', spec: await spec(), key });
  }

  /** Takes back what nobody has begun, and disconnects. */
  async close(interrupted: boolean): Promise<void> {
    if (interrupted) await this.board.withdraw();
    await this.board.close();
  }

  /** Folds and variants need the same rows in other lists: one after another asks for those of a set. */
  private inTurn({ set }: FeatureNeed, { features }: Session, work: () => Promise<void>): Promise<void> {
    if (set?.preimage === undefined) return Promise.resolve();
    const key = features.keyOf(set.preimage);
    const turn = (this.turns.get(key) ?? Promise.resolve()).then(work);
    this.turns.set(
      key,
      turn.catch(() => undefined),
    );
    return turn;
  }

  private leaveOut(image: Digest, stage: string): void {
    this.lethal.add(image);
    const text = `image ${image.slice(0, 12)} ends every process that reads it, and counts as damaged`;
    this.emit({ event: 'note', stage, code: 'picture-lethal', text });
  }

  /** Names the spec of a stage, whose content changes with the images that end processes. */
  private specs({ session, node, signal }: Delegated, outputs: ReadonlyMap<string, Outputs>): () => Promise<Digest> {
    let known: { readonly lethal: number; readonly spec: Promise<Digest> } | undefined;
    return () => {
      if (known?.lethal !== this.lethal.size) {
        const read = Object.fromEntries(node.dependencies.map((name) => [name, outputs.get(name)!]));
        const content = specOf(session, node.stage.name, read, [...this.lethal].sort());
        const spec = shareSpec(this.remote, content, signal);
        known = { lethal: this.lethal.size, spec };
      }
      return known!.spec;
    };
  }

  /** Waits for the result of a stage, and brings it here. */
  private async result(work: Delegated, job: MakeJob): Promise<Work> {
    const { session, node, signal } = work;
    const { board } = this;
    const { emit } = session;
    const { name: stage } = node.stage;
    const id = job.key;
    let answers = 0;
    let until = 0;
    board.onAnswer(id, () => {
      answers++;
      until = performance.now() + answers * SHARED_WITHIN_MS;
    });
    board.onReport(id, ({ worker, progress }) => emit({ ...progress, stage, worker }));
    try {
      for (;;) {
        signal.throwIfAborted();
        // Asked before the result: what is done in the meantime is not queued again.
        const seen = await board.look();
        const brought = await broughtWork(work);
        if (brought !== undefined) return brought;
        const found = seen?.get(id);
        if (found?.state === 'failed') {
          const isOwn = board.isOwn(id);
          await board.remove(id);
          // What failed for an earlier run may have been repaired since.
          if (isOwn) throw parseFailure(found.reason) ?? workersEnded();
          await board.add([job]);
        }
        // Without a look, this process cannot call an answer false.
        if (!this.remote.objects.isRead()) answers = 0;
        else if (performance.now() > until) {
          if (answers > FALSE_ANSWERS) throw notShared(answers);
          if (seen !== undefined && found === undefined) await board.add([job]);
        }
        await board.change(signal);
      }
    } finally {
      if (!signal.aborted) board.forget(id);
    }
  }

  /** Someone who has started no worker should not wait without a word. */
  private async noteWorkers(): Promise<void> {
    if ((await this.board.workers()) !== 0) return;
    this.emit({
      event: 'note',
      code: 'no-workers',
      text: 'waiting for workers: start some with `pipeline worker` and the address of Redis',
    });
  }
}

function workersEnded(): Error {
  return failure('stage-failed', {
    code: 'workers-ended',
    found: 'each worker that began this stage stopped unexpectedly',
    expected: 'workers with enough memory',
    remedy: 'read the logs of the workers, give them more memory, and run again',
  });
}

function notShared(times: number): Error {
  return failure('input-output', {
    code: 'workers-do-not-share',
    found: `workers have answered ${times} times that this stage is done, but its result is not in the shared cache`,
    expected: 'workers that use the same shared cache, with keys that pipeline.trust.yaml names',
    remedy: 'compare PIPELINE_REMOTE of the workers with `cache.remote` of the pipeline file, and read their logs',
  });
}

/** Recomputes outputs that a record names but the store has lost, then continues. */
import { canonical } from '../core/canonical.js';
import { failure } from '../core/problem.js';
import type { Inputs, Outputs } from '../core/stage.js';
import type { Preimage } from './action-key.js';
import type { Node } from './graph.js';
import type { Session } from './session.js';
import { LostBlob } from './read-blob.js';
import { runStage } from './work.js';

/** A stage whose outputs are known, with all that it takes to make them again. */
export interface Settled {
  readonly node: Node;
  readonly preimage: Preimage;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
}

export interface Healing {
  readonly session: Session;
  readonly settled: ReadonlyMap<string, Settled>;
  /** Collects the names of stages that ran again. */
  readonly healed: Set<string>;
  readonly signal: AbortSignal;
}

/**
 * Does something that reads outputs. If one is lost, the first settled stage that produced it runs again (its own
 * inputs may be lost too), and the action is tried again, at most once for each stage and once for what it produced
 * itself.
 */
export async function healing<Result>(host: Healing, action: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof LostBlob) || attempt > host.settled.size) throw error;
      await regenerate(host, error);
    }
  }
}

async function regenerate(host: Healing, lost: LostBlob): Promise<void> {
  const { session, settled, healed, signal } = host;
  const holds = ({ outputs }: Settled) => Object.values(outputs).some(({ digest }) => digest === lost.ref.digest);
  const maker = session.graph.nodes.flatMap((node) => settled.get(node.stage.name) ?? []).find(holds);
  if (maker === undefined) return; // the action's own, which it makes again
  const { name } = maker.node.stage;
  session.emit({
    event: 'note',
    stage: name,
    code: 'healed',
    text: 'runs again because part of its cached result was damaged or missing',
  });
  healed.add(name);
  const work = await healing(host, () => runStage(session, maker.node, maker.preimage, maker.inputs, signal));
  if (canonical(work.outputs) === canonical(maker.outputs)) return;
  throw failure('stage-failed', {
    code: 'nondeterministic',
    where: name,
    found: 'produced different bytes when it ran again',
    remedy: 'run again: the new result is in the cache',
  });
}

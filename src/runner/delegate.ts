/** Stages that other machines make for this run. */
import type { ActionKey } from '../core/digest.js';
import type { Inputs } from '../core/stage.js';
import type { Preimage } from './action-key.js';
import type { Node } from './graph.js';
import type { Settled } from './heal.js';
import type { Session } from './session.js';
import type { Work } from './work.js';

export interface Delegated {
  readonly session: Session;
  readonly node: Node;
  readonly key: ActionKey;
  readonly preimage: Preimage;
  readonly inputs: Inputs;
  /** The stages whose outputs are known: some of them are its inputs. */
  readonly settled: readonly Settled[];
  readonly signal: AbortSignal;
}

export interface Delegate {
  takes(node: Node): boolean;
  /** Resolves when the result is in this store. Throws as running the stage here would. */
  make(work: Delegated): Promise<Work>;
}

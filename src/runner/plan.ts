/**
 * Decides what is current, what the store still has and what must be done, with the reason for each decision. Runs
 * nothing.
 */
import type { Hit } from '../store/store.js';
import type { ActionKey } from '../core/digest.js';
import type { Inputs, Outputs } from '../core/stage.js';
import { actionKeyOf, preimageOf, type Preimage } from './action-key.js';
import { reasonToDeliver } from './checkout/delivered-files.js';
import { commonContext } from './context.js';
import { LostBlob } from './read-blob.js';
import { describeChange } from './explain.js';
import { walkKnown, type Node } from './graph.js';
import { inputsOf, type Session } from './session.js';
import { stageError } from './stage-error.js';

interface Known {
  readonly key: ActionKey;
  readonly preimage: Preimage;
  readonly reason: string;
}

/** What is to be done for a stage whose inputs are known. */
export type Decided =
  /** This checkout's outputs are current, and so are its files. */
  | (Known & { readonly state: 'fresh'; readonly outputs: Outputs })
  /** The outputs are cached, and their files are delivered again. `hit` is set if only the shared cache has them. */
  | (Known & { readonly state: 'restorable'; readonly outputs: Outputs; readonly hit?: Hit })
  | (Known & { readonly state: 'stale' });

/** Undecided: a stage before it has to run first; if that outputs the same bytes as before, this one is current. */
export type Decision = Decided | { readonly state: 'undecided'; readonly reason: string };

export interface PlannedStage {
  readonly node: Node;
  readonly decision: Decision;
}

/** Decides for one stage whose inputs are known. */
export async function decide(
  session: Session,
  node: Node,
  outputs: (stage: string) => Outputs,
  forced = false,
): Promise<Decided> {
  const { pipeline, project, settings, store, checkout } = session;
  const survey = await session.survey(node);
  const preimage = preimageOf(node, inputsOf(node, outputs), survey, settings, pipeline.seed);
  const key = actionKeyOf(preimage);
  const memory = checkout.get(node.stage.name);
  if (forced) return { state: 'stale', key, preimage, reason: 'forced' };
  const hit = await store.hit(key);
  if (hit === undefined) {
    const begun = await store.checkpoints.has(key);
    return {
      state: 'stale',
      key,
      preimage,
      reason: begun ? 'resumes from a checkpoint' : staleReason(memory?.preimage, preimage),
    };
  }
  const { record } = hit;
  await recheck(session, node, inputsOf(node, outputs), record.outputs);
  if (hit.shared !== undefined) {
    const by = hit.shared.by === undefined ? '' : `, made by ${hit.shared.by}`;
    return { state: 'restorable', key, preimage, outputs: record.outputs, reason: `in the shared cache${by}`, hit };
  }
  if (memory?.key === key) {
    const undelivered = await reasonToDeliver(project, node, memory);
    if (undelivered !== undefined)
      return { state: 'restorable', key, preimage, outputs: record.outputs, reason: undelivered };
    return { state: 'fresh', key, preimage, outputs: record.outputs, reason: 'nothing changed' };
  }
  const changes = memory === undefined ? [] : describeChange(memory.preimage, preimage);
  const reason = changes.length === 0 ? 'cached' : `cached, with ${changes[0]}`;
  return { state: 'restorable', key, preimage, outputs: record.outputs, reason };
}

/** Nothing interrupts what takes a moment. */
const signal = new AbortController().signal;

/** Throws if a cached result breaks a rule that is newer than it. What is gone from the store is found where it is needed. */
async function recheck(session: Session, node: Node, inputs: Inputs, outputs: Outputs): Promise<void> {
  try {
    await node.definition.recheck?.({ ...commonContext(session, node, inputs, signal), outputs });
  } catch (thrown) {
    if (!(thrown instanceof LostBlob)) throw stageError(thrown, node, session.pipeline);
  }
}

/** The reason for a stage that has no result in this checkout. */
export const FIRST_RUN = 'first run';

function staleReason(before: Preimage | undefined, after: Preimage): string {
  if (before === undefined) return FIRST_RUN;
  const changes = describeChange(before, after);
  if (changes.length === 0) return 'its result is no longer in the cache';
  return changes.length <= 2 ? changes.join(', ') : `${changes.slice(0, 2).join(', ')} and ${changes.length - 2} more`;
}

/** Plans every stage as far as the outputs of those before it are known. */
export async function plan(session: Session, forced: ReadonlySet<string> = new Set()): Promise<PlannedStage[]> {
  const planned: PlannedStage[] = [];
  await walkKnown(session.graph, async (node, outputs, unknown) => {
    const decision: Decision =
      unknown === undefined
        ? await decide(session, node, (name) => outputs(name)!, forced.has(node.stage.name))
        : { state: 'undecided', reason: `reads ${unknown}, which runs first` };
    planned.push({ node, decision });
    return 'outputs' in decision ? decision.outputs : undefined;
  });
  return planned;
}

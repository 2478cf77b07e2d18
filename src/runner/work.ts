/** Runs one stage: gives it its context and publishes what it outputs. */
import { canonical, type Json } from '../core/canonical.js';
import type { FeatureCounts } from '../core/event.js';
import type { BlobRef } from '../core/digest.js';
import type { Checkpoint, FeatureStore, Inputs, LinkPolicy, Outputs, Probe, StageContext } from '../core/stage.js';
import { throttled } from '../core/throttle.js';
import { MissingBlob } from '../store/records.js';
import { actionKeyOf, preimageOf, type Preimage } from './action-key.js';
import { checkpointOf } from './checkpoint.js';
import { computedByOf } from './computed-by.js';
import { commonContext } from './context.js';
import { LostBlob } from './read-blob.js';
import type { Node } from './graph.js';
import { learnerOf } from './learn.js';
import type { Session } from './session.js';
import { requireRoom } from './disk-space.js';
import { sourcesOf } from './source-host.js';
import { UsesOfStage } from './stage-uses.js';

export interface Work {
  /** Of the key that the result is kept under. */
  readonly preimage: Preimage;
  readonly outputs: Outputs;
  readonly features: FeatureCounts;
}

/** A stage's context, and where its outputs and counts gather. */
export async function stageContext(
  session: Session,
  node: Node,
  inputs: Inputs,
  checkpoint: Checkpoint,
  signal: AbortSignal,
) {
  const { store, emit, pipeline, project, lock, rates } = session;
  const outputs: Record<string, BlobRef> = {};
  const features: FeatureCounts = { extracted: 0, reused: 0 };
  const opened: FeatureStore[] = [];
  const uses = new UsesOfStage();
  const putBytes = async (name: string, content: Uint8Array): Promise<BlobRef> =>
    (outputs[name] = await store.putBlob(content));
  const context: StageContext = {
    ...commonContext(session, node, inputs, signal),
    found: (await session.survey(node))?.found,
    putBytes,
    putJson: (name, value) => putBytes(name, Buffer.from(`${canonical(value)}\n`)),
    sources: uses.watch(sourcesOf(node.stage, pipeline, project, lock, session.sources)),
    digestFolder: (root: string, probe: Probe, links?: LinkPolicy) => store.digestFolder(root, probe, links),
    pass: (name, ref) => void (outputs[name] = ref),
    openFeatures: async (setPreimage, rowLength, type) => {
      uses.features.add(session.features.keyOf(setPreimage));
      const set = await session.features.open(setPreimage, rowLength, type);
      opened.push(set);
      return set;
    },
    learn: learnerOf(store, node),
    checkpoint,
    lethal: session.lethal,
    counts: features,
    emit: throttled(emit),
    measured: (workload, measurement) => rates.add(workload, measurement),
  };
  return { context, outputs, features, opened, uses };
}

/** Runs a stage and publishes its record: blobs first, then the record that names them. Throws {@link LostBlob}. */
export async function runStage(
  session: Session,
  node: Node,
  preimage: Preimage,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<Work> {
  const { store, settings, pipeline } = session;
  const started = performance.now();
  const survey = await session.survey(node);
  const key = actionKeyOf(preimage);
  const { context, outputs, features, opened, uses } = await stageContext(
    session,
    node,
    inputs,
    checkpointOf(store, key),
    signal,
  );
  const needs = await node.definition.needs?.(context);
  if (needs !== undefined) await requireRoom(session, needs);
  try {
    await node.definition.run(context);
  } finally {
    // Also after a failure: finished features are kept.
    await Promise.all(opened.map((set) => set.flush()));
    // How long it took is worth no failure.
    if (session.guard.problem() === undefined) await session.rates.save().catch(() => undefined);
  }
  signal.throwIfAborted();
  const durationMs = Math.round(performance.now() - started);
  const exact =
    survey?.provisional === true
      ? preimageOf(node, inputs, await session.resurvey(node), settings, pipeline.seed)
      : preimage;
  const record = {
    key: actionKeyOf(exact),
    preimage: exact as unknown as Json,
    outputs,
    durationMs,
    computedBy: computedByOf(exact.environment),
    features,
    ...uses.found(),
  };
  const standing = await store.putRecord(record).catch((error: unknown) => {
    throw error instanceof MissingBlob ? new LostBlob(error.ref) : error;
  });
  await store.checkpoints.remove(key);
  if (canonical(standing.outputs) !== canonical(outputs)) {
    context.note(
      'nondeterministic',
      'produced different bytes than an earlier run with the same inputs; the earlier result is kept',
    );
  }
  return { preimage: exact, outputs: standing.outputs, features };
}

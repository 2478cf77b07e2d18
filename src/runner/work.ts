/** Runs one stage: gives it its context and publishes what it puts out. */
import { canonical, type Json } from '../core/canonical.js';
import type { FeatureCounts } from '../core/event.js';
import type { BlobRef, FeatureStore, Inputs, Outputs, Probe, StageContext } from '../core/stage.js';
import { MissingBlob } from '../store/records.js';
import { actionKeyOf, featureSetKeyOf, type Preimage } from './action-key.js';
import { commonContext, LostBlob } from './context.js';
import type { Node } from './graph.js';
import type { Session } from './session.js';
import { sourcesOf } from './source-host.js';
import { UsesOfStage } from './stage-uses.js';

export interface Work {
  readonly outputs: Outputs;
  readonly features: FeatureCounts;
}

/** Runs a stage and publishes its record: blobs first, then the record that names them. Throws {@link LostBlob}. */
export async function runStage(session: Session, node: Node, preimage: Preimage, inputs: Inputs, signal: AbortSignal): Promise<Work> {
  const { store, emit, pipeline, project, lock } = session;
  const started = performance.now();
  const outputs: Record<string, BlobRef> = {};
  const features: FeatureCounts = { extracted: 0, reused: 0 };
  const opened: FeatureStore[] = [];
  const uses = new UsesOfStage();
  const putBytes = async (name: string, content: Uint8Array): Promise<BlobRef> => (outputs[name] = await store.putBlob(content));
  const context: StageContext = {
    ...commonContext(session, node, inputs, signal),
    found: (await session.survey(node))?.found,
    putBytes,
    putJson: (name, value) => putBytes(name, Buffer.from(`${canonical(value)}\n`)),
    sources: uses.watch(sourcesOf(node.stage, pipeline, project, lock, session.sources)),
    digestFolder: (root: string, probe: Probe) => store.digestFolder(root, probe),
    pass: (name, ref) => void (outputs[name] = ref),
    openFeatures: async (setPreimage, rowLength) => {
      uses.features.add(featureSetKeyOf(setPreimage));
      const set = await session.features.open(setPreimage, rowLength);
      opened.push(set);
      return set;
    },
    counts: features,
    emit,
  };
  try {
    await node.definition.run(context);
  } finally {
    // Also after a failure: the pictures that went through are kept.
    await Promise.all(opened.map((set) => set.flush()));
  }
  signal.throwIfAborted();
  const durationMs = Math.round(performance.now() - started);
  const record = { key: actionKeyOf(preimage), preimage: preimage as unknown as Json, outputs, durationMs, features, ...uses.found() };
  const standing = await store.putRecord(record).catch((error: unknown) => {
    throw error instanceof MissingBlob ? new LostBlob(error.ref) : error;
  });
  if (canonical(standing.outputs) !== canonical(outputs)) {
    context.note('nondeterministic', 'gave other bytes than an earlier run with the same inputs; the earlier result stands');
  }
  return { outputs: standing.outputs, features };
}

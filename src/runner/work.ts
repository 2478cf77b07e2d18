/** Runs one stage: gives it its context, publishes what it puts out, remembers it, delivers its files. */
import { canonical } from '../core/canonical.js';
import type { FeatureCounts } from '../core/event.js';
import { failure } from '../core/problem.js';
import type { BlobRef, FeatureStore, Inputs, Outputs, StageContext } from '../core/stage.js';
import { actionKeyOf, featureSetKeyOf, type Preimage } from './action-key.js';
import { deliverFolder, type DeliveredFolder } from './deliver.js';
import type { Node } from './graph.js';
import type { Store } from '../store/store.js';
import type { Session } from './session.js';

/** A blob that a record names is gone or damaged: whoever made it has to make it again. */
export class LostBlob extends Error {
  constructor(readonly ref: BlobRef) {
    super(`${ref.digest} is gone from the store`);
  }
}

export interface Work {
  readonly outputs: Outputs;
  readonly features: FeatureCounts;
}

/** The bytes of an output, verified. Throws {@link LostBlob}. */
async function readBytes(store: Store, ref: BlobRef): Promise<Buffer> {
  const bytes = await store.readBlob(ref);
  if (bytes === undefined) throw new LostBlob(ref);
  return bytes;
}

/** An output that is JSON. Throws {@link LostBlob}. */
export async function readJson<Value>(store: Store, ref: BlobRef): Promise<Value> {
  return JSON.parse((await readBytes(store, ref)).toString('utf8')) as Value;
}

/** What contexts for work and for delivery have in common. */
function commonContext(session: Session, { stage }: Node, inputs: Inputs, signal: AbortSignal) {
  const { pipeline, project, settings, store, emit } = session;
  return {
    name: stage.name,
    // A stage without a seed of its own takes the pipeline's; kinds that draw nothing never look at it.
    config: { seed: pipeline.seed, ...stage.config },
    settings,
    inputs,
    readBytes: (ref: BlobRef) => readBytes(store, ref),
    readJson: <Value>(ref: BlobRef) => readJson<Value>(store, ref),
    resolvePath: project.resolvePath,
    note: (code: string, text: string) => emit({ event: 'note', stage: stage.name, code, text }),
    signal,
  };
}

/** Runs a stage and publishes its record: blobs first, then the record that names them. */
export async function runStage(session: Session, node: Node, preimage: Preimage, inputs: Inputs, signal: AbortSignal): Promise<Work> {
  const { store, emit } = session;
  const started = performance.now();
  const outputs: Record<string, BlobRef> = {};
  const counts: FeatureCounts = { extracted: 0, reused: 0 };
  const opened: FeatureStore[] = [];
  const putBytes = async (name: string, content: Uint8Array) => (outputs[name] = await store.putBlob(content));
  const context: StageContext = {
    ...commonContext(session, node, inputs, signal),
    found: (await session.survey(node))?.found,
    putBytes,
    putJson: (name, value) => putBytes(name, Buffer.from(`${canonical(value)}\n`)),
    pass: (name, ref) => void (outputs[name] = ref),
    openFeatures: async (setPreimage, rowLength) => {
      const set = await store.openFeatures(featureSetKeyOf(setPreimage), setPreimage, rowLength, session.settings.featureType);
      opened.push(set);
      return set;
    },
    counts,
    emit,
  };
  try {
    await node.definition.run(context);
  } finally {
    // Also after a failure: the pictures that went through are kept.
    await Promise.all(opened.map((set) => set.close()));
  }
  signal.throwIfAborted();
  const durationMs = Math.round(performance.now() - started);
  await store.putRecord({ key: actionKeyOf(preimage), preimage, outputs, durationMs });
  return { outputs, features: counts };
}

/** Delivers a stage's files and remembers that this checkout has them. Judging a gate happens here too. */
export async function deliverStage(
  session: Session,
  node: Node,
  preimage: Preimage,
  inputs: Inputs,
  outputs: Outputs,
  options: { signal: AbortSignal; force: boolean },
): Promise<void> {
  const { checkout, project } = session;
  const { name } = node.stage;
  const key = actionKeyOf(preimage);
  const memory = checkout.get(name);
  const delivered: Record<string, DeliveredFolder> = {};
  const common = commonContext(session, node, inputs, options.signal);
  const remember = async (): Promise<void> => {
    const unchanged = memory?.key === key && canonical(memory.delivered) === canonical(delivered);
    if (!unchanged) await checkout.set(name, { key, preimage, outputs, delivered: { ...memory?.delivered, ...delivered } });
  };
  try {
    await node.definition.deliver?.({
      ...common,
      outputs,
      folder: project.folderOf(name),
      deliverFiles: async (folder, files) => {
        refuseOutside(project.root, folder);
        delivered[folder] = await deliverFolder(folder, files, {
          before: memory?.delivered[folder],
          force: options.force,
          readBytes: common.readBytes,
          display: project.display,
        });
      },
    });
  } finally {
    // A gate that is missed throws, yet the outputs are there and current.
    await remember();
  }
}

function refuseOutside(root: string, folder: string): void {
  if (folder === root || !folder.startsWith(root.endsWith('/') ? root : `${root}/`)) {
    throw failure('unsafe', {
      code: 'path-leaves-project',
      where: folder,
      found: 'lies outside the project',
      expected: `a folder inside ${root}`,
      remedy: 'name a folder below the pipeline file’s project',
    });
  }
}

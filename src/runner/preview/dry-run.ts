/**
 * Looks ahead: quick stages write their results into memory, so that what follows is known before
 * anything runs. Nothing is fetched, unpacked or kept.
 */
import { digestOf, type BlobRef } from '../../core/digest.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { Checkpoint, Inputs, Outputs, StageContext } from '../../core/stage.js';
import type { Content } from '../../store/disk/files.js';
import type { Store } from '../../store/store.js';
import type { Node } from '../graph.js';
import type { Session } from '../session.js';
import { stageError } from '../stage-error.js';
import { stageContext } from '../work.js';

/** Nothing interrupts what takes a moment. */
const signal = new AbortController().signal;

const nothingKept: Checkpoint = {
  read: () => Promise.resolve(undefined),
  due: () => false,
  write: () => Promise.resolve(),
};

export class DryRun {
  private readonly session: Session;
  /** Set if a stage asked for something that is not available, and continued without it. */
  private lacking: PipelineError | undefined;

  constructor(session: Session) {
    const store = inMemory(session.store);
    this.session = { ...session, store, emit: () => undefined, sources: this.atHand(session) };
  }

  /** Runs a stage in memory; undefined if only a run shows its outputs. Rejects if they cannot be known. */
  async simulate(
    node: Node,
    inputs: Inputs,
  ): Promise<{ readonly outputs: Outputs; readonly exact: boolean } | undefined> {
    this.lacking = undefined;
    const { context, outputs } = await this.contextOf(node, inputs);
    if ((await node.definition.dryRun!(context)) === 'unknown') return undefined;
    return { outputs, exact: this.lacking === undefined };
  }

  async contextOf(node: Node, inputs: Inputs): Promise<{ readonly context: StageContext; readonly outputs: Outputs }> {
    try {
      const { context, outputs } = await stageContext(this.session, node, inputs, nothingKept, signal);
      const { sources } = context;
      // A plan writes no lock file either.
      const lock = { ...sources.lock, set: () => Promise.resolve() };
      return { context: { ...context, sources: { ...sources, lock } }, outputs };
    } catch (error) {
      throw stageError(error, node, this.session.pipeline);
    }
  }

  /** Files from elsewhere, as far as the store has them already. */
  private atHand({ sources }: Session): Session['sources'] {
    const { store } = sources;
    const refuse = (): Promise<never> => Promise.reject((this.lacking = notAvailable('is not downloaded yet')));
    return {
      ...sources,
      ahead: true,
      mirror: undefined,
      store: {
        ...store,
        putBlob: refuse,
        adopt: refuse,
        claimPartial: refuse,
        remember: () => Promise.resolve(),
        unpack: refuse,
        // Asked before an archive is hashed, which may take long.
        unpacked: async (archive) => {
          const folder = await store.unpacked(archive);
          if (folder === undefined) throw (this.lacking = notAvailable('is not unpacked yet'));
          return folder;
        },
        verified: async (digest) => {
          const file = await store.verified(digest);
          if (file === undefined) this.lacking = notAvailable('is not downloaded yet');
          return file;
        },
        recall: async (pins) => {
          const file = await store.recall(pins);
          if (file === undefined) this.lacking = notAvailable('is not downloaded yet');
          return file;
        },
      },
      once: (_name, work) => work(),
    };
  }
}

function notAvailable(found: string): PipelineError {
  return failure('input-output', { code: 'not-at-hand', found });
}

/** Keeps in memory what is put, and reads from the store what is not. */
function inMemory(store: Store): Store {
  const blobs = new Map<string, Buffer>();
  // Stages of one plan read the same weights, which may be large: they are read and hashed once.
  const read = new Map<string, WeakRef<Buffer>>();
  return {
    ...store,
    putBlob: async (content) => {
      const bytes = await gathered(content);
      const ref: BlobRef = { digest: digestOf(bytes), size: bytes.length };
      blobs.set(ref.digest, bytes);
      return ref;
    },
    readBlob: async (ref) => {
      const known = blobs.get(ref.digest) ?? read.get(ref.digest)?.deref();
      if (known !== undefined) return known;
      const bytes = await store.readBlob(ref);
      if (bytes !== undefined) read.set(ref.digest, new WeakRef(bytes));
      return bytes;
    },
    putRecord: () => Promise.reject(new Error('a dry run publishes nothing')),
  };
}

async function gathered(content: Content): Promise<Buffer> {
  if (ArrayBuffer.isView(content)) return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

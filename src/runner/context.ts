/** What the contexts of work, delivery and judgement have in common. */
import { join } from 'node:path';
import type { Guard } from '../core/guards.js';
import type { ImagePlace } from '../core/image-place.js';
import { parseArchiveRoot, parseBucketRoot } from '../core/source.js';
import type { BlobRef } from '../core/digest.js';
import type { Inputs } from '../core/stage.js';
import { documentsIn } from './documents.js';
import type { Node } from './graph.js';
import { LostBlob, readBytes } from './read-blob.js';
import type { Session } from './session.js';

/** Where the images of a root are. Throws {@link LostBlob} if an archive has to be unpacked again. */
async function openImages(session: Session, root: string, namedBy: BlobRef): Promise<ImagePlace> {
  const { project, store } = session;
  const inBucket = parseBucketRoot(root);
  if (inBucket !== undefined) {
    const { pipeline, graph, buckets, survey } = session;
    const bucket = await buckets.placeOf(inBucket, pipeline, (name) => survey(graph.byName.get(name)!));
    if (bucket === undefined) throw new LostBlob(namedBy);
    return { kind: 'bucket', bucket };
  }
  const archived = parseArchiveRoot(root);
  if (archived === undefined) return { kind: 'folder', path: project.resolvePath(root) };
  const folder = await store.sources.unpacked(archived.archive);
  if (folder === undefined) throw new LostBlob(namedBy);
  return { kind: 'folder', path: join(folder, archived.folder) };
}

export function commonContext(session: Session, { stage }: Node, inputs: Inputs, signal: AbortSignal) {
  const { pipeline, project, settings, store, emit } = session;
  const note = (code: string, text: string): void => emit({ event: 'note', stage: stage.name, code, text });
  return {
    name: stage.name,
    // A stage without a seed of its own takes the pipeline's; kinds that draw nothing never look at it.
    config: { seed: pipeline.seed, ...stage.config },
    settings,
    inputs,
    part: stage.part,
    readBytes: (ref: BlobRef) => readBytes(store, ref),
    readJson: <Value>(ref: BlobRef, isValue: Guard<Value>) => documentsIn(store).read(ref, isValue),
    resolvePath: project.resolvePath,
    openImages: (root: string, namedBy: BlobRef) => openImages(session, root, namedBy),
    note,
    noteOnce: (code: string, text: string) => {
      if (session.shownNotes.has(text)) return;
      session.shownNotes.add(text);
      note(code, text);
    },
    signal,
  };
}

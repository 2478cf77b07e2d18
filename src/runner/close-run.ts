/** What follows when all stages of a run are done: the store learns what is needed, and may have to shrink. */
import { bytesText } from '../core/text/bytes-text.js';
import { asPipelineError } from '../core/problem.js';
import type { Collection } from '../store/upkeep/gc.js';
import type { Session } from './session.js';

/** `end` ends the job; undefined if nothing had to run. Never rejects: the results are saved already. */
export async function closeJob(session: Session, end: (() => Promise<void>) | undefined): Promise<void> {
  const { store, pipeline, graph, checkout, guard } = session;
  try {
    if (guard.problem() !== undefined) return;
    // Before the collection, which goes by it.
    await store.putRoot(
      pipeline.file,
      graph.nodes.flatMap(({ stage }) => checkout.get(stage.name)?.key ?? []),
    );
    const collection = end && (await store.tidy());
    if (collection !== undefined) say(session, collection);
  } catch (error) {
    session.emit({
      event: 'note',
      code: 'cache-not-collected',
      text: `cleaning up the cache failed: ${asPipelineError(error).message}`,
    });
  } finally {
    await end?.();
  }
}

function say({ emit }: Session, { removed, bytesBefore, bytesAfter }: Collection): void {
  const gone = bytesBefore - bytesAfter;
  if (removed.length === 0 || gone < 1e6) return;
  emit({
    event: 'note',
    code: 'cache-collected',
    text: `the cache shrank from ${bytesText(bytesBefore)} to ${bytesText(bytesAfter)}: the least recently used results were removed`,
  });
}

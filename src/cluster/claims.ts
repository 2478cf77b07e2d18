/**
 * Who works on what, for processes that have no queue: an object in the shared cache whose content changes as long as its
 * writer lives. Others compare contents, never clocks. A claim that is lost or doubled costs time and nothing else.
 */
import { randomBytes } from 'node:crypto';
import type { ActionKey } from '../core/digest.js';
import type { ObjectStore } from '../object-store/object-store.js';
import { bytesContent } from '../object-store/content.js';
import { claimName } from '../store/shared/layout.js';
import { readSmall } from '../store/shared/read-small.js';

const LIMIT = 1024;

/** Says that this process works on a key, until the returned function is called. */
export function claim(objects: ObjectStore, key: ActionKey, everyMs: number): () => void {
  const name = randomBytes(8).toString('hex');
  let beats = 0;
  const beat = (): void =>
    // Without it, others do the same work too.
    void objects.put(claimName(key), bytesContent(Buffer.from(`${name} ${beats++}\n`))).catch(() => undefined);
  beat();
  const timer = setInterval(beat, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    void objects.remove(claimName(key)).catch(() => undefined);
  };
}

/** Watches the claim of a key. */
export class ClaimWatch {
  private last: string | undefined;
  private changedAt = performance.now();

  constructor(
    private readonly objects: ObjectStore,
    private readonly key: ActionKey,
  ) {}

  /** Milliseconds since the claim has changed, as far as this process has seen. */
  async silentMs(): Promise<number> {
    const content = await readSmall(this.objects, claimName(this.key), LIMIT).catch(() => undefined);
    const text = content?.toString('latin1');
    if (text !== this.last) this.changedAt = performance.now();
    this.last = text;
    return performance.now() - this.changedAt;
  }
}

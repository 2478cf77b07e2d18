/**
 * Unfinished work that another machine can go on with: `v1/checkpoints/<key>`, a line with a signed statement about the
 * bytes, and the bytes. One object, so that they always belong together. Anything wrong is a miss.
 */
import type { Json } from '../../core/canonical.js';
import { digestOf, isActionKey, isDigest, type ActionKey } from '../../core/digest.js';
import { isCount, isOneOf, isShapedAs } from '../../core/guards.js';
import { ObjectStoreError } from '../../object-store/object-store.js';
import type { CheckpointStore } from '../checkpoints.js';
import { bytesContent } from '../../object-store/content.js';
import { checkpointName } from './layout.js';
import { readSmall } from './read-small.js';
import type { Remote } from './remote.js';

const FORMAT = 'checkpoint-1' as const;
const NEWLINE = 0x0a;
const LONGEST_LINE = 64 * 1024;
/** Weights and the state of an optimizer; they are read into memory. */
const LARGEST = 2 ** 31;
/** Sending takes at most this part of the time. */
const SHARE = 1 / 10;

const isStatement = isShapedAs({ format: isOneOf(FORMAT), key: isActionKey, digest: isDigest, size: isCount });

export class SharedCheckpoints implements CheckpointStore {
  private sending: Promise<void> | undefined;
  private next = 0;

  constructor(
    private readonly here: CheckpointStore,
    private readonly remote: Remote,
  ) {}

  /** What was sent last, by whichever machine; else what is here. */
  async read(key: ActionKey): Promise<Buffer | undefined> {
    const elsewhere = await this.fetch(key).catch((error: unknown) => {
      if (error instanceof ObjectStoreError) return undefined;
      throw error;
    });
    return elsewhere ?? this.here.read(key);
  }

  has(key: ActionKey): Promise<boolean> {
    return this.here.has(key);
  }

  async write(key: ActionKey, content: Uint8Array): Promise<void> {
    await this.here.write(key, content);
    if (this.remote.writing.state !== 'on' || this.sending !== undefined || performance.now() < this.next) return;
    // The stage continues and may change what it has handed in.
    const copy = Buffer.from(content);
    const started = performance.now();
    this.sending = this.send(key, copy)
      .catch(() => undefined)
      .finally(() => {
        this.sending = undefined;
        const now = performance.now();
        this.next = now + (now - started) * (1 / SHARE - 1);
      });
  }

  async remove(key: ActionKey): Promise<void> {
    await this.here.remove(key);
    await this.sending;
    // One that stays is never read again: its result is there.
    await this.remote.objects.remove(checkpointName(key)).catch(() => undefined);
  }

  private async send(key: ActionKey, content: Buffer): Promise<void> {
    const { objects, seals } = this.remote;
    const statement = { format: FORMAT, key, digest: digestOf(content), size: content.length };
    const sealed = seals.close(statement satisfies Json, 'checkpoint');
    if (sealed === undefined) return;
    await objects.put(checkpointName(key), bytesContent(Buffer.concat([sealed, Buffer.of(NEWLINE), content])));
  }

  private async fetch(key: ActionKey): Promise<Buffer | undefined> {
    const bytes = await readSmall(this.remote.objects, checkpointName(key), LARGEST);
    if (bytes === undefined) return undefined;
    const end = bytes.subarray(0, LONGEST_LINE).indexOf(NEWLINE);
    if (end < 0) return undefined;
    const opened = this.remote.seals.open(bytes.subarray(0, end), 'checkpoint');
    if (opened.state === 'refused' || !isStatement(opened.value) || opened.value.key !== key) return undefined;
    const content = bytes.subarray(end + 1);
    return digestOf(content) === opened.value.digest ? content : undefined;
  }
}

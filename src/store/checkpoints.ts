/**
 * What stages keep of unfinished work, one file per key: `v1/checkpoints/ab/<key>`, a line with the format, the key and
 * the SHA-256 of what follows. It is believed only after hashing; anything else is a miss. A new one replaces the old
 * one completely.
 */
import { join } from 'node:path';
import { digestOf, fileNameOf, type ActionKey } from '../core/digest.js';
import type { Files } from './disk/files.js';
import { noteUnwritten } from './disk/write-errors.js';

const FORMAT = 'pipeline-checkpoint-1';
const NEWLINE = 0x0a;

/** Where unfinished work is kept, by the key of the result. */
export interface CheckpointStore {
  read(key: ActionKey): Promise<Buffer | undefined>;
  /** Whether there seems to be one; its bytes are checked when it is read. */
  has(key: ActionKey): Promise<boolean>;
  write(key: ActionKey, content: Uint8Array): Promise<void>;
  remove(key: ActionKey): Promise<void>;
}

export class Checkpoints implements CheckpointStore {
  constructor(private readonly files: Files) {}

  async read(key: ActionKey): Promise<Buffer | undefined> {
    const path = this.pathOf(key);
    const bytes = await this.files.readIfThere(path);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(NEWLINE);
    const content = bytes.subarray(end + 1);
    if (end >= 0 && bytes.toString('latin1', 0, end) === firstLine(key, content)) return content;
    await this.files.setAside(path, 'a checkpoint that does not match its digest: the stage starts from the beginning');
    return undefined;
  }

  async has(key: ActionKey): Promise<boolean> {
    return (await this.files.infoIfThere(this.pathOf(key))) !== undefined;
  }

  /** If the disk accepts nothing, only a crash has to redo work. */
  async write(key: ActionKey, content: Uint8Array): Promise<void> {
    const bytes = [Buffer.from(`${firstLine(key, content)}\n`), content];
    await this.files.publish(this.pathOf(key), bytes).catch((error: unknown) => noteUnwritten(this.files, error));
  }

  /** One that is left over is never read again, and is collected when it is old. */
  async remove(key: ActionKey): Promise<void> {
    await this.files.removeIfThere(this.pathOf(key)).catch(() => undefined);
  }

  pathOf(key: ActionKey): string {
    return join(this.files.root, 'v1', 'checkpoints', key.slice(0, 2), fileNameOf(key));
  }
}

function firstLine(key: ActionKey, content: Uint8Array): string {
  return `${FORMAT} ${key} ${digestOf(content)}`;
}

/** A small file that runs at the same time each add to: its current content is read, added to, and written whole. */
import { digestOf } from '../../core/digest.js';
import { writeWhole } from '../../store/disk/write-atomic.js';

/** Does work while no other process does work of this name. */
export type During = (name: string, label: string, work: () => Promise<void>) => Promise<void>;

export interface AddedFileOptions {
  readonly path: string;
  /** The kind of file, for the name of its lock. */
  readonly kind: string;
  /** What the holder of the lock does, for those who wait. */
  readonly label: string;
  readonly during: During;
}

export class AddedFile {
  /** Settles when the changes so far are written, or have failed. */
  private turns: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: AddedFileOptions) {}

  /** Resolves when the changes so far are written, or have failed. */
  async settled(): Promise<void> {
    await this.turns;
  }

  /** Runs `work` with what writes the file, when nobody else writes. One change that fails leaves the next its turn. */
  change(work: (write: (text: string) => Promise<void>) => Promise<void>): Promise<void> {
    const { path, kind, label, during } = this.options;
    const turn = this.turns.then(() =>
      during(`${kind}-${digestOf(path)}`, label, () => work((text) => writeWhole(path, text))),
    );
    this.turns = turn.catch(() => undefined);
    return turn;
  }
}

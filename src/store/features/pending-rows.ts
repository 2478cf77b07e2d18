/** Rows that were appended and are in no pack yet: collected, handed on to be sealed, and readable the whole time. */

/** When a batch of rows is sealed: what a crash can lose, against the price of a small file. */
export interface SealLimits {
  readonly rows: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

export const usualSealLimits: SealLimits = { rows: 256, bytes: 64 * 1024 * 1024, milliseconds: 5000 };

/** Entries of the key table with their bytes in the pack format. */
export type Batch = ReadonlyMap<number, Buffer>;

export class PendingRows {
  private filling = new Map<number, Buffer>();
  private fillingBytes = 0;
  private readonly sealing = new Map<number, Buffer>();
  /** Settles when every batch that was handed on is sealed; rejects for good with the first failure. */
  private sealed: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: SealLimits,
    private readonly seal: (batch: Batch) => Promise<void>,
  ) {}

  get(entry: number): Buffer | undefined {
    return this.filling.get(entry) ?? this.sealing.get(entry);
  }

  /**
   * Adds a row. Resolves at once while the batch has room; otherwise the batch is handed on, and the caller waits for
   * the one before it: one batch is filled while another is written, and never are there more than two.
   */
  async add(entry: number, bytes: Buffer): Promise<void> {
    this.filling.set(entry, bytes);
    this.fillingBytes += bytes.length;
    if (this.filling.size >= this.limits.rows || this.fillingBytes >= this.limits.bytes) await this.handOn();
    else this.timer ??= setTimeout(() => void this.handOn(), this.limits.milliseconds).unref();
  }

  /** Seals all rows added so far. Rejects if sealing failed, now or before. */
  async flush(): Promise<void> {
    void this.handOn();
    await this.sealed;
  }

  /** Starts sealing the batch once the one before it is sealed, and returns that earlier sealing. */
  private handOn(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const before = this.sealed;
    if (this.filling.size === 0) return before;
    const batch = this.filling;
    this.filling = new Map();
    this.fillingBytes = 0;
    for (const [entry, bytes] of batch) this.sealing.set(entry, bytes);
    this.sealed = before.then(async () => {
      await this.seal(batch);
      for (const entry of batch.keys()) this.sealing.delete(entry);
    });
    // The next caller of `add` or `flush` gets the error; until then it must not end the process.
    this.sealed.catch(() => undefined);
    return before;
  }
}

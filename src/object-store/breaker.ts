/**
 * A place that must not cost more than it saves: a direction that fails three times in a row is off for the rest of the
 * process, or until it works again, for those who cannot do without.
 */
import {
  ObjectStoreError,
  type CallOptions,
  type GetOptions,
  type ListedObject,
  type ObjectBody,
  type ObjectContent,
  type ObjectFailure,
  type ObjectInfo,
  type ObjectStore,
} from './object-store.js';

type Direction = 'read' | 'write';

/** Hears of a direction once when it is turned off, with the last failure as a sentence. */
type OnOff = (direction: Direction, reason: string, kind: ObjectFailure) => void;

export interface Guarding {
  readonly onOff: OnOff;
  /** A direction that is off is tried again once in this time; never if it is left out. */
  readonly retryMs?: number;
  /** Such a try succeeded, and the direction is on again. */
  readonly onBack?: (direction: Direction) => void;
  /** Milliseconds; a test sets it. */
  readonly now?: () => number;
}

export interface GuardedObjects extends ObjectStore {
  /** Whether reading is not off. */
  isRead(): boolean;
}

const IN_A_ROW = 3;

/** The place behind breakers of its own. Neither a missing object counts, nor an abort, content that cannot be read here, or what a kind of place never does. */
export function guardedStore(place: ObjectStore, guarding: Guarding): GuardedObjects {
  return new GuardedStore(place, new Breaker('read', guarding), new Breaker('write', guarding));
}

class GuardedStore implements GuardedObjects {
  readonly address: string;

  constructor(
    private readonly place: ObjectStore,
    private readonly reading: Breaker,
    private readonly writing: Breaker,
  ) {
    this.address = place.address;
  }

  isRead(): boolean {
    return !this.reading.isOff;
  }

  async get(name: string, options?: GetOptions): Promise<ObjectBody | undefined> {
    const attempt = this.reading.begin();
    const body = await attempt.watch(() => this.place.get(name, options));
    if (body !== undefined) return { ...body, chunks: attempt.through(body.chunks) };
    attempt.succeeded();
    return undefined;
  }

  head(name: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    return this.reading.begin().whole(() => this.place.head(name, options));
  }

  async *list(prefix: string, options?: CallOptions): AsyncGenerator<readonly ListedObject[]> {
    yield* this.reading.begin().through(this.place.list(prefix, options));
  }

  put(name: string, content: ObjectContent, options?: CallOptions): Promise<void> {
    return this.writing.begin().whole(() => this.place.put(name, content, options));
  }

  remove(name: string, options?: CallOptions): Promise<void> {
    return this.writing.begin().whole(() => this.place.remove(name, options));
  }
}

class Breaker {
  /** Failures since the last success. */
  private failures = 0;
  /** Attempts that began before the last failure were failures of the same moment. */
  private moment = 0;
  private off: ObjectStoreError | undefined;
  private nextTry = Infinity;

  constructor(
    private readonly direction: Direction,
    private readonly guarding: Guarding,
  ) {}

  get isOff(): boolean {
    return this.off !== undefined;
  }

  begin(): Attempt {
    const moment = this.moment;
    const isTry = this.off !== undefined && this.now() >= this.nextTry;
    if (isTry) this.wait();
    return new Attempt(
      () => (isTry ? undefined : this.off),
      () => {
        this.failures = 0;
        if (!isTry || this.off === undefined) return;
        this.off = undefined;
        this.guarding.onBack?.(this.direction);
      },
      (error) => {
        if (moment < this.moment || this.off !== undefined) return;
        this.moment += 1;
        this.failures += 1;
        if (this.failures < IN_A_ROW) return;
        this.off = error;
        this.wait();
        this.guarding.onOff(this.direction, error.message, error.kind);
      },
    );
  }

  private wait(): void {
    this.nextTry = this.now() + (this.guarding.retryMs ?? Infinity);
  }

  private now(): number {
    return (this.guarding.now ?? (() => performance.now()))();
  }
}

class Attempt {
  constructor(
    private readonly off: () => ObjectStoreError | undefined,
    readonly succeeded: () => void,
    private readonly failed: (error: ObjectStoreError) => void,
  ) {}

  /** Runs an operation that is not over when it resolves. */
  async watch<T>(run: () => Promise<T>): Promise<T> {
    this.refuseIfOff();
    try {
      return await run();
    } catch (error) {
      throw this.counted(error);
    }
  }

  async whole<T>(run: () => Promise<T>): Promise<T> {
    const result = await this.watch(run);
    this.succeeded();
    return result;
  }

  /** Passes on what an operation gives bit by bit; it succeeded once all is there. */
  async *through<T>(parts: AsyncIterable<T>): AsyncGenerator<T> {
    this.refuseIfOff();
    let isBroken = false;
    try {
      yield* parts;
    } catch (error) {
      isBroken = true;
      throw this.counted(error);
    } finally {
      // Also if the reader has what it needs and leaves.
      if (!isBroken) this.succeeded();
    }
  }

  private refuseIfOff(): void {
    const off = this.off();
    if (off !== undefined) throw new ObjectStoreError(off.kind, off.message, { cause: off });
  }

  private counted(error: unknown): unknown {
    if (error instanceof ObjectStoreError && error.kind !== 'read-only') this.failed(error);
    return error;
  }
}

/** How long to wait for a machine on the network. */

export interface Timing {
  /** For a connection, with TLS. */
  readonly connectMs: number;
  /** Without any byte in either direction, or with an answer of less than 16 kB, a connection counts as dead. */
  readonly silentMs: number;
  /** Before the first repetition; twice as long before each further one, plus or minus a half by chance. */
  readonly backoffMs: number;
}

export const usualTiming: Timing = { connectMs: 2000, silentMs: 10_000, backoffMs: 200 };

/** How often a request is sent at most while the server is busy or the connection breaks. */
export const ATTEMPTS = 3;

/** What servers and the proxies before them answer while they are busy or restart. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Whether the same request may succeed a little later. */
export function mayPass(status: number): boolean {
  return passing.has(status);
}

const TICKS = 10;

/**
 * Calls back once nothing has happened for so long. Counted in ticks, because inference keeps the event loop busy for
 * seconds: what has arrived in that time is handled before the next tick, and one late tick does not make a silent server.
 */
export class Patience {
  private ticks = 0;
  private paused = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ms: number,
    private readonly expired: () => void,
  ) {}

  /** Starts to count, or counts from 0 again. */
  renew(): void {
    this.ticks = 0;
    this.resume();
  }

  /** Counts no tick until {@link resume}. The timer runs on: started again for each chunk, it would never get to a tick. */
  pause(): void {
    this.paused = true;
    this.timer?.unref();
  }

  resume(): void {
    this.paused = false;
    this.timer?.ref();
    this.timer ??= setInterval(() => {
      if (this.paused) return;
      this.ticks += 1;
      if (this.ticks < TICKS) return;
      this.end();
      this.expired();
    }, this.ms / TICKS);
  }

  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** Waits before a repetition. Rejects if the signal aborts. */
export async function backOff(attempt: number, { backoffMs }: Timing, signal: AbortSignal | undefined): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  const jitter = 0.5 + Math.random();
  await sleep(backoffMs * 2 ** (attempt - 1) * jitter, undefined, { signal });
}

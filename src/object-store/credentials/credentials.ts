/** Who a request is from. */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** Milliseconds since 1970; undefined if they do not expire. */
  readonly expiresMs?: number;
}

/** A way to get credentials; undefined if this machine is not set up for it. */
export type CredentialSource = () => Promise<Credentials | undefined>;

/** Temporary credentials are replaced so long before they expire: a request may be on its way for a while. */
const EARLY_MS = 5 * 60_000;

/** Asks the sources in their order, keeps what the first one gives, and asks again shortly before it expires. */
export class CredentialChain {
  private current: Promise<Credentials | undefined> | undefined;
  private renewMs = Infinity;

  constructor(
    private readonly sources: readonly CredentialSource[],
    private readonly now: () => number = Date.now,
  ) {}

  /** Undefined if no source is set up. Rejects if one is, and fails. */
  async get(): Promise<Credentials | undefined> {
    if (this.current !== undefined && this.now() < this.renewMs) return this.current;
    const asked = this.ask();
    this.current = asked;
    // Those who ask in the meantime wait for the same answer.
    this.renewMs = Infinity;
    try {
      const found = await asked;
      const expiresMs = found?.expiresMs ?? Infinity;
      // What expires sooner is not asked for again with each request.
      this.renewMs = Math.max(expiresMs - EARLY_MS, this.now() + Math.min(EARLY_MS, (expiresMs - this.now()) / 2));
      return found;
    } catch (error) {
      if (this.current === asked) this.current = undefined;
      throw error;
    }
  }

  /** Forgets credentials that a server calls expired. */
  forget(): void {
    this.current = undefined;
  }

  private async ask(): Promise<Credentials | undefined> {
    for (const source of this.sources) {
      const found = await source();
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Variables of the environment, as every tool for S3 reads them. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): CredentialSource {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
    if (!accessKeyId || !secretAccessKey) return undefined;
    return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined };
  };
}

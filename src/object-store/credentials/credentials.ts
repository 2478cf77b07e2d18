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
/** Between two attempts to replace credentials that still work. */
const AGAIN_MS = 10_000;

/** Asks the sources in their order, keeps what the first one gives, and asks again shortly before it expires. */
export class CredentialChain {
  private known: { readonly credentials: Credentials | undefined; readonly renewMs: number } | undefined;
  private asking: Promise<Credentials | undefined> | undefined;

  constructor(
    private readonly sources: readonly CredentialSource[],
    private readonly now: () => number = Date.now,
  ) {}

  /** Undefined if no source is set up. Rejects if one is, and fails. */
  async get(): Promise<Credentials | undefined> {
    if (this.known !== undefined && this.now() < this.known.renewMs) return this.known.credentials;
    // One question for all who need the answer.
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Forgets credentials that a server calls expired. */
  forget(): void {
    this.known = undefined;
  }

  private async ask(): Promise<Credentials | undefined> {
    const old = this.known?.credentials;
    try {
      const credentials = await this.first();
      const left = (credentials?.expiresMs ?? Infinity) - this.now();
      // What expires sooner than that is not asked for again with each request.
      this.known = { credentials, renewMs: this.now() + Math.max(left - EARLY_MS, Math.min(left / 2, EARLY_MS)) };
      return credentials;
    } catch (error) {
      if (old?.expiresMs === undefined || old.expiresMs <= this.now()) throw error;
      this.known = { credentials: old, renewMs: this.now() + AGAIN_MS };
      return old;
    }
  }

  private async first(): Promise<Credentials | undefined> {
    for (const source of this.sources) {
      const found = await source();
      if (found !== undefined) return checked(found);
    }
    return undefined;
  }
}

/** Refuses here what a header cannot have: the message of Node's own error contains the value. */
function checked(credentials: Credentials): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken = '-' } = credentials;
  if ([accessKeyId, secretAccessKey, sessionToken].every((text) => /^[\x21-\x7e]+$/.test(text))) return credentials;
  throw new Error('a key or a session token contains a space, a line break or another character that none can have');
}

/** Variables of the environment, as every tool for S3 reads them. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): CredentialSource {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
    if (!accessKeyId || !secretAccessKey) return undefined;
    const sessionToken = environment.AWS_SESSION_TOKEN || undefined;
    // Secrets of CI often end in a line break.
    return {
      accessKeyId: accessKeyId.trim(),
      secretAccessKey: secretAccessKey.trim(),
      sessionToken: sessionToken?.trim(),
    };
  };
}

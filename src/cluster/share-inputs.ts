/** Sends what workers read into the shared cache, which may be away for a while: then they could not begin either. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionKey, Digest } from '../core/digest.js';
import { failure } from '../core/problem.js';
import { isPassing, ObjectStoreError } from '../object-store/object-store.js';
import type { Remote } from '../store/shared/remote.js';
import type { Store } from '../store/store.js';
import { PATIENCE, PAUSE_MS } from './patience.js';
import { putSpec, type Spec } from './spec.js';

/** At once. */
const TRIES = 2;
const TRIES_ONCE_BACK = 3;

/** Shares the results of these keys; those in `sent` are there already, and others are added. Throws `input-output`. */
export async function shareInputs(
  { shared }: Store,
  keys: readonly ActionKey[],
  sent: Set<ActionKey>,
  signal: AbortSignal,
): Promise<void> {
  if (shared === undefined) return;
  let left = keys.filter((key) => !sent.has(key));
  let last = TRIES;
  for (let tries = 0; left.length > 0 && tries < PATIENCE; tries++) {
    // What guards the place lets a write through now and then: not at once when it answers again.
    if (tries === last && (await isGone(shared.remote))) last += TRIES_ONCE_BACK;
    if (tries === last) break;
    if (tries >= TRIES) await sleep(PAUSE_MS, undefined, { signal });
    const isThere = await Promise.all(left.map((key) => shared.offer(key)));
    signal.throwIfAborted();
    left.forEach((key, i) => isThere[i] && sent.add(key));
    left = left.filter((key) => !sent.has(key));
  }
  if (left.length === 0) return;
  const [reason = 'a result is no longer in the local cache'] = (await shared.settle(signal)).failed.keys();
  throw notSent(shared.remote, reason);
}

/** Shares a spec, and returns the name that jobs call it by. Throws `input-output`. */
export async function shareSpec(remote: Remote, spec: Spec, signal: AbortSignal): Promise<Digest> {
  for (let tries = 1; ; tries++) {
    try {
      return await putSpec(remote, spec);
    } catch (error) {
      if (!(error instanceof ObjectStoreError)) throw error;
      if (tries === PATIENCE || !isPassing(error)) throw notSent(remote, error.message, error);
    }
    await sleep(tries < TRIES ? 0 : PAUSE_MS, undefined, { signal });
  }
}

async function isGone({ objects }: Remote): Promise<boolean> {
  return isPassing(await objects.head('v1/answers').catch((error: unknown) => error));
}

function notSent({ objects }: Remote, reason: string, cause?: unknown): Error {
  return failure(
    'input-output',
    {
      code: 'not-shared',
      where: objects.address,
      found: `workers cannot begin, because what they read could not be sent there: ${reason}`,
      expected: 'a shared cache that can be written to',
    },
    cause,
  );
}

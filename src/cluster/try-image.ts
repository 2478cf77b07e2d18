/**
 * An image that has ended several workers is read once more, in a process here: what others say about an image must not
 * decide that it is left out.
 */
import { join } from 'node:path';
import type { Digest } from '../core/digest.js';
import type { FeatureNeed } from '../core/stage.js';
import type { Session } from '../runner/session.js';
import { listDigestOf } from './jobs.js';
import { JobProcess, ProcessEnded } from './process.js';

export interface Suspect {
  readonly session: Session;
  readonly need: FeatureNeed;
  readonly image: Digest;
  readonly view: number;
  readonly spec: Digest;
}

/** Whether the image ends this process too. If not, its features are in the shared cache now. */
export async function tryImage({ session, need, image, view, spec }: Suspect, version: string): Promise<boolean> {
  const { root, home, cache } = session.pipeline;
  const index = need.digests.indexOf(image);
  const set = session.features.keyOf(need.set!.preimage!);
  const computing = new JobProcess({
    project: root,
    allowed: ['/'],
    home: join(home, '.pipeline', 'workers'),
    version,
    ...(cache && { cache }),
  });
  try {
    await computing.do(
      { kind: 'extract', spec, set, list: listDigestOf(need.digests), view, from: index, to: index + 1 },
      { progress: () => undefined, log: () => undefined },
    );
    return false;
  } catch (error) {
    if (error instanceof ProcessEnded) return true;
    throw error;
  } finally {
    await computing.kill();
  }
}

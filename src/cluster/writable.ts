import { failure } from '../core/problem.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import type { Remote } from '../store/shared/remote.js';

/** The shared cache that workers and the one who runs have in common. Throws `invalid` if there is none that takes results. */
export function writable(remote: Remote | undefined, where: string): Remote {
  if (remote === undefined)
    throw failure('invalid', {
      code: 'no-shared-cache',
      where,
      found: 'needs a cache that all machines share, and none is configured',
      expected: 'a bucket, or a folder that all machines reach',
      remedy: 'add `cache: {remote: s3://BUCKET/PREFIX}` to the pipeline file, or set PIPELINE_REMOTE',
    });
  if (remote.writing.state === 'on') return remote;
  throw failure('invalid', {
    code: 'shared-cache-not-written',
    where,
    found: `needs a shared cache that it can write to, but ${remote.writing.why ?? `${remote.objects.address} is only read (\`mode: read\`)`}`,
    expected: 'mode `read-write`, and a signing key if there is a pipeline.trust.yaml',
  });
}

/** Throws `input-output` if the shared cache does not answer: later it would be waited for, but an address may be wrong. */
export async function checkReached({ objects }: Remote): Promise<void> {
  try {
    await objects.head('v1/answers');
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    throw failure(
      'input-output',
      {
        code: 'shared-cache-not-reached',
        where: objects.address,
        found: `cannot be reached (${error.message})`,
        expected: 'a shared cache that all machines reach',
        remedy: 'check it with `pipeline cache login-check`',
      },
      error,
    );
  }
}

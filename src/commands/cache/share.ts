/** `cache push` and `cache pull`: by hand what runs do as they need it. */
import type { ActionKey } from '../../core/digest.js';
import { count } from '../../report/words.js';
import { exitCodes, failure } from '../../core/problem.js';
import { loadChecked, openFor } from '../../runner/open.js';
import { plan } from '../../runner/plan.js';
import type { Session } from '../../runner/session.js';
import { notesOf } from '../../runner/share.js';
import type { SharedStore } from '../../store/store.js';
import type { Host } from '../host.js';
import { noteTo } from '../plan.js';

export interface ShareOptions {
  readonly json?: boolean;
}

/** Sends the results of a pipeline that this machine has, with their features. */
export async function push(file: string | undefined, { json }: ShareOptions, host: Host): Promise<number> {
  const { session, shared } = await openShared(file, host);
  const { writing } = shared.remote;
  if (writing.state === 'off') throw cannotWrite(writing.why);
  for (const { decision } of await plan(session)) {
    const record = 'key' in decision ? await session.store.getRecord(decision.key) : undefined;
    if (record !== undefined) await shared.push(record);
  }
  const summary = await shared.settle(host.signal);
  const { shared: sent, bytes, failed } = summary;
  if (json) {
    const notShared = [...failed].map(([reason, items]) => ({ reason, items }));
    host.stdout(
      `${JSON.stringify({ event: 'cache-push', results: sent.result, packs: sent.pack, bytes, notShared })}\n`,
    );
  } else {
    for (const [, text] of notesOf(summary)) host.stdout(`${text}\n`);
    if (sent.result + sent.pack + failed.size === 0) host.stdout('the shared cache has everything already\n');
  }
  return failed.size === 0 ? 0 : exitCodes['input-output'];
}

/** Fetches the results of a pipeline that others have made, with their features. */
export async function pull(file: string | undefined, { json }: ShareOptions, host: Host): Promise<number> {
  const { session, shared } = await openShared(file, host);
  let [results, packs, failed] = [0, 0, 0];
  const keys: ActionKey[] = [];
  for (const { decision } of await plan(session)) {
    if (!('key' in decision)) continue;
    const hit = await session.store.hit(decision.key);
    if (hit === undefined) continue;
    keys.push(decision.key);
    if (hit.shared !== undefined) {
      if (await session.store.bring(hit)) results++;
      else failed++;
    }
    packs += await shared.pullFeatures(hit.record);
  }
  // As after a run: what was fetched is needed, and no collection takes it.
  if (keys.length > 0) await session.store.putRoot(session.pipeline.file, keys);
  if (json) host.stdout(`${JSON.stringify({ event: 'cache-pull', results, packs, failed })}\n`);
  else if (results + packs + failed === 0) host.stdout('everything that the shared cache has is here already\n');
  else host.stdout(`fetched ${count(results, 'result')} and ${count(packs, 'pack')} of features\n`);
  if (failed > 0 && !json) host.stdout(`${count(failed, 'result')} could not be fetched\n`);
  return failed === 0 ? 0 : exitCodes['input-output'];
}

async function openShared(
  file: string | undefined,
  host: Host,
): Promise<{ readonly session: Session; readonly shared: SharedStore }> {
  const session = await openFor(await loadChecked(file, {}, host.cwd), host, noteTo(host));
  const { shared } = session.store;
  if (shared === undefined) throw noSharedCache(session.pipeline.file);
  return { session, shared };
}

export function noSharedCache(where: string): Error {
  return failure('invalid', {
    code: 'no-shared-cache',
    where,
    found: 'names no shared cache',
    expected: 'the field `cache`, or the environment variable PIPELINE_REMOTE',
    remedy: 'add `cache: {remote: s3://BUCKET/PREFIX}`, or the path of a folder that all machines see',
  });
}

function cannotWrite(why: string | undefined): Error {
  return failure('invalid', {
    code: 'shared-cache-not-written',
    found: `this machine does not write to the shared cache: ${why ?? 'its mode is `read`, or it is a web server'}`,
    remedy: why === undefined ? 'set `mode: read-write`' : undefined,
  });
}

/** `cache login-check`, `cache du --remote` and `cache verify --remote`: what is in a shared cache, and who may use it. */
import { randomBytes } from 'node:crypto';
import { loadPipeline } from '../../config/load.js';
import { bytesText } from '../../core/text/bytes-text.js';
import { digestOf } from '../../core/digest.js';
import { exitCodes, failure } from '../../core/problem.js';
import { ObjectStoreError } from '../../object-store/object-store.js';
import { columnLines } from '../../report/columns.js';
import { count, printable } from '../../report/words.js';
import { openRemote } from '../../runner/remote.js';
import { projectIn } from '../../runner/checkout/project.js';
import type { Remote } from '../../store/shared/remote.js';
import { bytesContent } from '../../object-store/content.js';
import { usageOf, verifyShared } from '../../store/shared/inspect.js';
import { onlyPipelineIn } from '../../config/only-file.js';
import type { Host } from '../host.js';
import { noSharedCache } from './share.js';

export interface RemoteOptions {
  readonly json?: boolean;
}

/** Checks step by step that this machine can use the shared cache as its configuration says. */
export async function loginCheck(file: string | undefined, { json }: RemoteOptions, host: Host): Promise<number> {
  const { objects, writing } = await remoteOf(file, host);
  const steps: { readonly step: string; readonly ok: boolean; readonly text: string }[] = [];
  const attempt = async (step: string, done: string, work: () => Promise<unknown>): Promise<boolean> => {
    const failed = await work().then(() => undefined, reasonOf);
    steps.push({ step, ok: failed === undefined, text: failed ?? done });
    return failed === undefined;
  };
  // A name of its own, so that two machines that check at once do not meet.
  const probe = `v1/login-check/${randomBytes(8).toString('hex')}`;
  const content = bytesContent(randomBytes(32));
  const reads = await attempt('read', 'objects can be read', () => objects.get(probe));
  if (reads && writing.state === 'on') {
    const wrote = await attempt('write', 'objects can be written', () => objects.put(probe, content));
    if (wrote) {
      await attempt('read back', 'what was written is what is read', async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await objects.get(probe))?.chunks ?? []) chunks.push(chunk);
        if (digestOf(Buffer.concat(chunks)) !== content.digest)
          throw new ObjectStoreError('failed', 'other bytes came back than were written');
      });
      // Writers need no right to remove: an empty name more is all that is left then.
      await objects.remove(probe).catch(() => undefined);
    }
  } else if (reads && writing.state === 'off')
    steps.push({
      step: 'write',
      ok: writing.why === undefined,
      text: writing.why ?? 'not tried, because the mode is `read`, or it is a web server',
    });
  const ok = steps.every((step) => step.ok);
  if (json) host.stdout(`${JSON.stringify({ event: 'cache-login-check', address: objects.address, ok, steps })}\n`);
  else {
    host.stdout(`${objects.address}\n`);
    for (const step of steps) host.stdout(`${step.ok ? '✔' : '✘'} ${step.step}: ${step.text}\n`);
  }
  return ok ? 0 : exitCodes['input-output'];
}

export async function usage(file: string | undefined, { json }: RemoteOptions, host: Host): Promise<number> {
  const { objects } = await remoteOf(file, host);
  const kinds = await inWords(objects.address, () => usageOf({ objects }));
  const bytes = kinds.reduce((sum, kind) => sum + kind.bytes, 0);
  if (json) {
    host.stdout(`${JSON.stringify({ event: 'cache-remote', address: objects.address, bytes, kinds })}\n`);
    return 0;
  }
  const lines = columnLines([
    { title: '', cells: kinds.map(({ kind }) => kind) },
    { title: 'size', numeric: true, cells: kinds.map((kind) => bytesText(kind.bytes)) },
    { title: 'objects', numeric: true, cells: kinds.map((kind) => kind.objects.toLocaleString('en-US')) },
  ]);
  for (const line of lines) host.stdout(`${line}\n`);
  host.stdout(`${objects.address}: ${bytesText(bytes)}\n`);
  return 0;
}

export async function verifyRemote(file: string | undefined, { json }: RemoteOptions, host: Host): Promise<number> {
  const remote = await remoteOf(file, host);
  const { address } = remote.objects;
  const { accepted, refused, incomplete } = await inWords(address, () => verifyShared(remote));
  if (json) {
    const event = { event: 'cache-verify-remote', address, accepted: Object.fromEntries(accepted) };
    host.stdout(`${JSON.stringify({ ...event, refused: Object.fromEntries(refused), incomplete })}\n`);
  } else {
    for (const [by, number] of accepted)
      host.stdout(`${count(number, 'record')} ${by === '' ? 'without a check of signatures' : `signed by ${by}`}\n`);
    for (const [name, reason] of refused) host.stdout(`refused: ${printable(name)}: ${reason}\n`);
    for (const name of incomplete) host.stdout(`incomplete: ${printable(name)} names bytes that are missing\n`);
    if (accepted.size + refused.size === 0) host.stdout(`${address} has no records\n`);
  }
  return refused.size === 0 ? 0 : exitCodes['bad-data'];
}

/** The shared cache of a pipeline file, or the one that the environment names. */
async function remoteOf(file: string | undefined, host: Host): Promise<Remote> {
  const note = (_: string, text: string): void => void host.stderr(`${text}\n`);
  const named = file === undefined && process.env.PIPELINE_REMOTE;
  const place = named
    ? { root: host.cwd, home: projectIn(host.cwd).home }
    : await loadPipeline(file ?? (await onlyPipelineIn(host.cwd)), { cwd: host.cwd });
  const remote = await openRemote(place, note);
  if (remote === undefined) throw noSharedCache('file' in place ? place.file : 'PIPELINE_REMOTE');
  return remote;
}

async function inWords<Result>(address: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    throw failure('input-output', { code: 'shared-cache-failed', where: address, found: error.message }, error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ObjectStoreError) return error.message;
  throw error;
}

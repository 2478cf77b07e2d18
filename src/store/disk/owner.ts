/** Names this process among all that ever wrote into a store, so that leftovers of a dead one can be recognized. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { digestOf } from '../../core/digest.js';
import { hasCode } from './cache-fs.js';
import { namesProcess } from '../upkeep/forms.js';

/** `elsewhere`: another machine, another boot or another container's process, which cannot be asked. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

let name: string | undefined;

/**
 * `<boot>-<namespace>-<pid>-<start>`: the start of the machine's boot id, or of its name's digest if there is none, the
 * namespace in which the process id counts, the id, and when the process began, which distinguishes it from a later one
 * with the same id. Only Linux knows more than the id.
 */
export function owner(): string {
  name ??= `${boot()}-${namespace()}-${process.pid}-${startOf(process.pid) ?? 0}`;
  return name;
}

/** Whether the process that a text begins with the name of still runs. */
export function livenessOf(text: string): Liveness {
  const [itsBoot, itsNamespace, pid, start] = text.split('-');
  const [ownBoot, ownNamespace] = owner().split('-');
  if (itsBoot !== ownBoot || itsNamespace !== ownNamespace) return 'elsewhere';
  if (!/^\d+$/.test(pid ?? '') || !isRunning(Number(pid))) return 'dead';
  const began = startOf(Number(pid));
  return began === undefined || began === start ? 'alive' : 'dead';
}

function boot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    // Machines may share a store: a process of another one must not count as dead. Hashed, as names hold `-` and more.
    return digestOf(hostname()).slice(0, 8);
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '0';
  }
}

/** In ticks since the boot; undefined if unknown. Field 22 of proc_pid_stat(5); the second may contain blanks. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Whether the process of a name that {@link owner} gave is known to be there. */
export function isAlive(named: string): boolean {
  return livenessOf(named) === 'alive';
}

/** Times this far in the future are not clock skew: some clock was wrong, and its times are not a sign of use. */
const SKEW_MS = 60_000;

export function isFuture(timeMs: number, now = Date.now()): boolean {
  return Number.isFinite(timeMs) && timeMs > now + SKEW_MS;
}

/** How far a time is from now, in either direction: a month ahead says as little as a month ago. */
export function ageOf(timeMs: number, now = Date.now()): number {
  return Number.isFinite(timeMs) ? Math.abs(now - timeMs) : 0;
}

/** If a process cannot be checked, what it has not touched for this long counts as left behind. */
export const LEFT_MS = 24 * 3600 * 1000;

/**
 * Whether a file being written was left behind: its process is known to be dead, or it is of another machine, container
 * or boot and old. Never if its name does not begin with a process: such a file belongs to someone.
 */
export function isLeftBehind(named: string, modifiedMs: number, now = Date.now()): boolean {
  if (!namesProcess(named)) return false;
  const liveness = livenessOf(named);
  return liveness === 'dead' || (liveness === 'elsewhere' && ageOf(modifiedMs, now) > LEFT_MS);
}

/** Names this process among all that ever wrote into a store, so that what a dead one left behind can be told. */
import { readFileSync } from 'node:fs';
import { hasCode } from './cache-fs.js';

let name: string | undefined;

/** The start of the machine's boot id, and the process id: together they are given once until the next boot. */
export function owner(): string {
  name ??= `${bootId()}-${process.pid}`;
  return name;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    return 'anyboot'; // only Linux tells
  }
}

/** Whether the process of a name that {@link owner} gave is still there. One of another boot is gone, as far as can be told. */
export function isAlive(named: string): boolean {
  const [boot, pid] = named.split('-');
  return boot === bootId() && /^\d+$/.test(pid ?? '') && isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Each process of a worker writes into a folder of its own, which the next one takes over. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../store/store.js';

/** Processes of workers on one machine. */
const MOST = 1000;

/** Takes the first folder that no process uses, until this process ends. */
export async function claimHome(folder: string, version: string): Promise<string> {
  const machine = hostname().replace(/[^A-Za-z0-9-]+/g, '-');
  for (let number = 1; number <= MOST; number++) {
    const home = join(folder, `${machine}-${number}`);
    const store = await openStore(join(home, '.pipeline', 'cache'), { onDamage: () => undefined, tool: version });
    if ((await store.tryLock('worker', 'worker')).state === 'held') return home;
  }
  throw new Error(`${MOST} processes of workers write into ${folder}`);
}

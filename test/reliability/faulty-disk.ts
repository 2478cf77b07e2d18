/** A disk that fails at its n-th operation, once or from then on. */
import { nodeFs, type CacheFs, type OpenFile } from '../../src/store/disk/cache-fs.js';

export const faults = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'EACCES', 'short'] as const;
export type Fault = (typeof faults)[number];

/** The operations that each can hit; `short` is a write that takes half of the bytes and says so. */
const hits: Readonly<Record<Fault, readonly string[]>> = {
  ENOSPC: ['create', 'write', 'sync', 'makeFolder', 'rename', 'link'],
  EDQUOT: ['create', 'write', 'makeFolder'],
  EIO: [
    'create',
    'open',
    'info',
    'list',
    'write',
    'read',
    'sync',
    'close',
    'makeFolder',
    'syncFolder',
    'rename',
    'link',
    'remove',
    'touch',
  ],
  EMFILE: ['create', 'open', 'list', 'syncFolder'],
  EACCES: ['create', 'open', 'list', 'makeFolder', 'rename', 'link', 'remove', 'touch'],
  short: ['write'],
};

/** `at` counts from 1 the operations that the fault can hit. */
export function faultyDisk(fault: Fault, at: number, lasting: boolean): CacheFs {
  let count = 0;
  return diskWhere(
    fault,
    (operation) => hits[fault].includes(operation) && (++count === at || (lasting && count > at)),
  );
}

export interface CountingDisk {
  readonly fs: CacheFs;
  /** How many operations there were that a fault can hit. */
  readonly countOf: (fault: Fault) => number;
}

export function countingDisk(): CountingDisk {
  const operations: string[] = [];
  const fs = diskWhere('EIO', (operation) => operations.push(operation) === 0);
  return { fs, countOf: (fault) => operations.filter((operation) => hits[fault].includes(operation)).length };
}

/** A disk whose operations fail where `fails` says so of their names. */
function diskWhere(fault: Fault, fails: (operation: string) => boolean): CacheFs {
  const guarded =
    <Args extends unknown[], Result>(operation: string, real: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      fails(operation) ? Promise.reject(errorOf(fault, operation, args[0])) : real(...args);

  const opened = (file: OpenFile): OpenFile => ({
    write: (bytes) => {
      if (!fails('write')) return file.write(bytes);
      return fault === 'short'
        ? file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
        : Promise.reject(errorOf(fault, 'write'));
    },
    read: guarded('read', (into: Uint8Array, position: number) => file.read(into, position)),
    info: () => file.info(),
    sync: guarded('sync', () => file.sync()),
    // What fails to close is closed all the same, as by the system.
    close: () => (fails('close') ? file.close().then(() => Promise.reject(errorOf(fault, 'close'))) : file.close()),
  });
  return {
    create: guarded('create', async (path: string) => opened(await nodeFs.create(path))),
    open: guarded('open', async (path: string) => opened(await nodeFs.open(path))),
    info: guarded('info', nodeFs.info),
    list: guarded('list', nodeFs.list),
    makeFolder: guarded('makeFolder', nodeFs.makeFolder),
    syncFolder: guarded('syncFolder', nodeFs.syncFolder),
    rename: guarded('rename', nodeFs.rename),
    link: guarded('link', nodeFs.link),
    remove: guarded('remove', nodeFs.remove),
    removeFolder: guarded('removeFolder', nodeFs.removeFolder),
    touch: guarded('touch', nodeFs.touch),
    originOf: guarded('originOf', nodeFs.originOf),
    freeBytes: () => Promise.resolve(2 ** 40),
  };
}

/** As Node makes them: errors of an open file name no path. */
function errorOf(code: string, operation: string, path?: unknown): Error {
  const at = typeof path === 'string' ? { path } : {};
  return Object.assign(new Error(`${code}: injected, ${operation}${'path' in at ? ` '${at.path}'` : ''}`), {
    code,
    syscall: operation,
    ...at,
  });
}

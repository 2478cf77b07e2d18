/**
 * Loaded before the command (`node --import`), stands between it and the disk: counts what it does to files below a
 * folder, kills it right before the n-th of these, or refuses links. The command itself knows nothing of it.
 *
 *     DOOR_ROOT     the folder
 *     DOOR_KILL_AT  n, from 1
 *     DOOR_COUNT    a file that the number of operations is written to at the end
 *     DOOR_LINKS    'refused': link() fails with EPERM, as on file systems that have none
 */
import fs, { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

const { DOOR_ROOT: root, DOOR_KILL_AT: killAt, DOOR_COUNT: countFile, DOOR_LINKS: links } = process.env;
const promises = fs.promises;
let count = 0;

function pass(path) {
  if (typeof path !== 'string' || !resolve(path).startsWith(root + sep)) return;
  if (++count === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['rename', 'link', 'unlink', 'mkdir', 'rmdir', 'rm', 'writeFile', 'truncate', 'utimes']) {
  const real = promises[name];
  promises[name] = (path, ...rest) => {
    pass(path);
    if (name === 'link' && links === 'refused')
      return Promise.reject(Object.assign(new Error('EPERM: no links here'), { code: 'EPERM' }));
    return real(path, ...rest);
  };
}

const realOpen = promises.open;
promises.open = async (path, flags, ...rest) => {
  const writes = typeof flags === 'string' && /[wa+]/.test(flags);
  if (writes) pass(path);
  const handle = await realOpen(path, flags, ...rest);
  for (const name of ['write', 'writeFile', 'sync', ...(writes ? ['close'] : [])]) {
    const real = handle[name].bind(handle);
    handle[name] = (...args) => {
      pass(path);
      return real(...args);
    };
  }
  return handle;
};

for (const name of ['mkdirSync', 'writeFileSync', 'renameSync', 'openSync']) {
  const real = fs[name];
  fs[name] = (path, ...rest) => {
    if (name !== 'openSync' || /[wa+]/.test(String(rest[0]))) pass(path);
    return real(path, ...rest);
  };
}
syncBuiltinESMExports();

process.on('exit', () => {
  if (countFile !== undefined) writeFileSync(countFile, String(count));
});

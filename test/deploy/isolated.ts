/** A command that sees a folder as its root, in namespaces of its own: what is left of a container without an engine. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { nodePrefix } from './image.js';

export interface Isolation {
  /** Folders and files of this machine, and where they are inside. */
  readonly mounts?: readonly (readonly [string, string])[];
  /** Folders in memory, empty, which everyone may write. */
  readonly memory?: readonly string[];
  /** Nothing but `memory` and `mounts` is written. */
  readonly readOnly?: boolean;
  /** With no network but a loopback of its own, or that of a process. */
  readonly offline?: boolean | number;
  /** `1000:1000`: without privileges or a way to get any. */
  readonly user?: string;
}

/** `undefined`, or why these tests cannot run here. */
export const notIsolated: string | undefined =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'skipped: needs Linux and root'
    : spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']).status !== 0
      ? 'skipped: needs unshare'
      : undefined;

/** The words that run it. The command is process 1 of its own. */
export function isolated(root: string, command: readonly string[], isolation: Isolation = {}): string[] {
  const { mounts = [], memory = [], readOnly = false, offline = false, user } = isolation;
  const at = (path: string): string => shellQuoted(`${root}${path}`);
  const own = ['bin', 'sbin', 'lib', 'lib64'].filter((name) => existsSync(`${root}/${name}/.`) && !isLink(root, name));
  const script = [
    `mount --bind ${at('')} ${at('')}`,
    ...['usr', 'etc', ...own].map((name) => `mount --rbind /${name} ${at(`/${name}`)}`),
    `mount --bind ${shellQuoted(nodePrefix)} ${at('/opt/node')}`,
    `mount --bind ${at('/.local')} ${at('/usr/local')}`,
    `mount --rbind /dev ${at('/dev')}`,
    `mount -t proc proc ${at('/proc')}`,
    ...mounts
      .filter(([from]) => existsSync(from))
      .flatMap(([from, to]) => [
        `test -e ${at(to)} || ${isFolder(from) ? `mkdir -p ${at(to)}` : `touch ${at(to)}`}`,
        `mount --bind ${shellQuoted(from)} ${at(to)}`,
      ]),
    ...memory.map((path) => `mount -t tmpfs -o mode=1777 none ${at(path)}`),
    ...(readOnly ? [`mount -o remount,bind,ro ${at('')}`, `mount -o remount,bind,ro ${at('/usr/local')}`] : []),
    ...(offline === true ? ['ip link set lo up'] : []),
    `exec ${[...within(root, user), ...command].map(shellQuoted).join(' ')}`,
  ].join('\n');
  const net = offline === true ? ['--net'] : [];
  return [...networkOf(offline), 'unshare', '--mount', '--pid', '--fork', ...net, 'sh', '-e', '-c', script];
}

/** What makes a command see the network of a process. */
export function networkOf(pid: number | boolean): string[] {
  return typeof pid === 'number' ? ['nsenter', `--net=/proc/${pid}/ns/net`] : [];
}

function within(root: string, user: string | undefined): string[] {
  if (user === undefined) return ['chroot', root];
  const [uid, gid] = user.split(':');
  const less = ['--reuid', uid, '--regid', gid, '--clear-groups', '--no-new-privs', '--bounding-set=-all'];
  return ['chroot', root, 'setpriv', ...less];
}

const isLink = (root: string, name: string): boolean => spawnSync('test', ['-L', `${root}/${name}`]).status === 0;
const isFolder = (path: string): boolean => spawnSync('test', ['-d', path]).status === 0;

export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

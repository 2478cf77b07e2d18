/** A Slurm of one node on loopback: Debian's munge and slurm-wlm, with keys, ports and folders of its own. */
import { spawn, spawnSync, execFile, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../free-port.js';

const call = promisify(execFile);

export interface Slurm {
  /** For anyone who submits. */
  readonly env: NodeJS.ProcessEnv;
  /** Waits until a job, with all its tasks, has ended; returns the states of its tasks. */
  ended(job: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** `undefined`, or why there is none here. */
export const noSlurm: string | undefined =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'skipped: needs Linux and root'
    : ['munged', 'slurmctld', 'slurmd'].some((name) => spawnSync('which', [name]).status !== 0)
      ? 'skipped: needs munge and slurm-wlm: apt-get install munge slurm-wlm'
      : undefined;

/** Starts it with `cpus` slots in a folder that is only its own. */
export async function startSlurm(folder: string, cpus: number): Promise<Slurm> {
  const at = (name: string): string => join(folder, name);
  // munge wants a way to its socket that is open to everyone.
  await chmod(folder, 0o755);
  for (const name of ['state', 'spool', 'log']) await mkdir(at(name));
  await writeFile(at('munge.key'), randomBytes(128), { mode: 0o400 });
  const [controller, node] = [await freePort(), await freePort()];
  await writeFile(at('slurm.conf'), settings(at, { controller, node, cpus }));
  const env = { ...process.env, SLURM_CONF: at('slurm.conf') };
  const munge = ['socket', 'key-file', 'pid-file', 'seed-file'].map((name) => `--${name}=${at(`munge.${name}`)}`);
  munge[1] = `--key-file=${at('munge.key')}`;
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: string[]): void => {
    started.push(spawn(program, args, { env, stdio: 'ignore' }));
  };
  const stop = async (): Promise<void> => {
    for (const child of started.reverse()) await end(child);
  };
  start('munged', '--foreground', ...munge, `--log-file=${at('log/munged')}`);
  start('slurmctld', '-D');
  start('slurmd', '-D', '-N', 'node');
  const isIdle = async (): Promise<boolean> =>
    (await call('sinfo', ['-h', '-o', '%T'], { env }).catch(() => ({ stdout: '' }))).stdout.trim() === 'idle';
  for (let attempt = 0; !(await isIdle()); attempt++) {
    if (attempt > 200) {
      const logs = await Promise.all(['slurmctld', 'slurmd', 'munged'].map((name) => tail(at(`log/${name}`))));
      await stop();
      throw new Error(`Slurm does not start:\n${logs.join('\n')}`);
    }
    await delay(200);
  }
  return { env, ended: (job) => statesAtEnd(job, env), stop };
}

async function statesAtEnd(job: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  for (;;) {
    // It remembers what has ended for some minutes.
    const { stdout } = await call('scontrol', ['show', 'job', '-o', job], { env });
    const states = [...stdout.matchAll(/\bJobState=(\w+)/g)].map(([, state]) => state);
    if (states.every((state) => !/^(PENDING|RUNNING|COMPLETING|CONFIGURING|SUSPENDED|REQUEUED)$/.test(state)))
      return states;
    await delay(300);
  }
}

interface Numbers {
  readonly controller: number;
  readonly node: number;
  readonly cpus: number;
}

/** No cgroups, no accounting, no plugins that need more than the two packages. */
function settings(at: (name: string) => string, { controller, node, cpus }: Numbers): string {
  return `
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${at('munge.socket')}
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
SlurmctldLogFile=${at('log/slurmctld')}
SlurmdLogFile=${at('log/slurmd')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,sched_min_interval=0
SlurmdParameters=config_overrides
MinJobAge=600
ReturnToService=2
NodeName=node NodeHostname=${hostname()} NodeAddr=127.0.0.1 CPUs=${cpus} RealMemory=64000
PartitionName=all Nodes=node Default=YES State=UP
`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}

async function tail(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(-10).join('\n');
}

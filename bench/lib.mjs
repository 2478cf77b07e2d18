/**
 * What the benches share: turns, medians, children that are measured from outside, and one form of answer. Every
 * script prints one line of JSON and one row of a Markdown table. Run them after `npm run build`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Node 20 reads the certificates that this names at each start, 35 ms before any program: a matter of the network that a
// machine is in, not of what is measured. Newer versions read them when they are needed.
delete process.env.NODE_EXTRA_CA_CERTS;

export const repository = fileURLToPath(new URL('..', import.meta.url));
export const cli = join(repository, 'dist', 'cli.cjs');

/** The photographs and weights beside the checkout; ends the script if they are missing. */
export function sharedFolder() {
  const folder = join(repository, '..', 'shared');
  if (existsSync(join(folder, 'weights'))) return folder;
  console.log('skipped: this bench needs the photographs and weights of ../shared');
  process.exit(0);
}

/** The middle one; of an even number the higher of the two in the middle. */
export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Runs work and gives its milliseconds. */
export async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** A folder below the system's own for such, removed when the process ends. */
export function scratchFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs a program to its end. Gives its milliseconds, seen from outside, and what it printed. Rejects if it fails.
 */
export function child(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const running = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) running[stream].on('data', (chunk) => (printed[stream] += chunk));
    running.on('error', reject);
    running.on('close', (code) => {
      if (code === 0) resolve({ ms: performance.now() - start, ...printed });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${printed.stderr}${printed.stdout}`));
    });
  });
}

/** A port of loopback that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The lines of JSON among what a program printed. */
export function jsonLines(text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

const GNU_TIME = '/usr/bin/time';

/** The command and arguments of a program that says its peak of memory at its end, where GNU time is installed. */
export function sayingPeak(command, args) {
  return existsSync(GNU_TIME) ? [GNU_TIME, ['-f', '%M', command, ...args]] : [command, args];
}

/** That peak in MB, of all that the program said on stderr; undefined without GNU time. */
export function saidPeak(stderr) {
  return existsSync(GNU_TIME) ? Number(stderr.trim().split('\n').at(-1)) / 1024 : undefined;
}

/** Peak memory of a program in MB; undefined without GNU time. */
export function peakMemory(command, args, options = {}) {
  if (!existsSync(GNU_TIME)) return undefined;
  return saidPeak(spawnSync(...sayingPeak(command, args), { encoding: 'utf8', ...options }).stderr);
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')).version;

/** The machine and the versions that figures depend on. */
export function machine() {
  const { length, 0: first } = cpus();
  const names = ['onnxruntime-node', 'sharp', '@tensorflow/tfjs-core'];
  return {
    processor: `${length} x ${first.model}`,
    load: Number(loadavg()[0].toFixed(2)),
    node: process.versions.node,
    ...Object.fromEntries(names.map((name) => [name, versionOf(name)])),
  };
}

/**
 * Prints a result.
 *
 * @param {{claim: string, bar: string, seen: string, [figure: string]: unknown}} result
 *   `seen` is the value next to the bar; other members are numbers for programs
 */
export function report(result) {
  console.log(JSON.stringify({ ...result, machine: machine() }));
  console.log(`| ${result.claim} | ${result.bar} | ${result.seen} |`);
}

export const round = (value, digits = 2) => Number(value.toFixed(digits));

/** A BMP of one pixel; each number has its own. */
export function bitmap(number) {
  const bytes = Buffer.alloc(58);
  bytes.write('BM', 'latin1');
  [
    [2, 58],
    [10, 54],
    [14, 40],
    [18, 1],
    [22, 1],
  ].forEach(([at, value]) => bytes.writeUInt32LE(value, at));
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  bytes.writeUInt32LE(number, 54);
  return bytes;
}

/** pipeline cache: shows the size of the cache, shrinks it, checks it for damage, trusts it, or says whom to trust. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { bytesText } from '../core/text/bytes-text.js';
import { exitCodes } from '../core/problem.js';
import { columnLines, type Column } from '../report/columns.js';
import { formatProblems } from '../report/problems.js';
import { cachePlaceOf } from '../runner/cache-place.js';
import { refuseLinks } from '../runner/checkout/own-folder.js';
import { projectIn } from '../runner/checkout/project.js';
import { agoText, count } from '../report/words.js';
import { limitsFrom, parseAge, parseSize, type Limits } from '../store/limits.js';
import type { Shelf } from '../store/upkeep/maintenance.js';
import { registerShared } from './cache/shared.js';
import type { CommandSpec, Host } from './host.js';
import { registerTrust } from './cache/trust.js';

interface JsonOption {
  readonly json?: boolean;
}

interface RemoteOption extends JsonOption {
  readonly remote?: boolean;
}

interface GcOptions extends JsonOption {
  readonly maxSize?: string;
  readonly maxAge?: string;
  readonly dryRun?: boolean;
}

const help = `
The cache belongs to the project in the current folder, or is the folder that PIPELINE_CACHE names. Runs shrink it when it
exceeds its limits: PIPELINE_CACHE_MAX_SIZE (default 20GB) and PIPELINE_CACHE_MAX_AGE (default 30d), which gc uses too.
What the last run of each pipeline needs, and what a running one uses, is never removed.

Results in a cache that several machines share are signed: keygen creates the key of a machine, and trust NAME KEY lets
this project use what it signs (pipeline.trust.yaml).

Examples:
  pipeline cache du
  pipeline cache gc --dry-run
  pipeline cache gc --max-size 5GB
  pipeline cache verify
  pipeline cache trust
  pipeline cache keygen
  pipeline cache trust ci ed25519:2mTZkP0x...`;

export const cache: CommandSpec = {
  register(program, host, done) {
    const parent = program
      .command('cache')
      .description('show, shrink, check or trust the cache, and say who may write a shared one')
      .addHelpText('after', help);
    const command = (name: string, description: string): Command =>
      parent.command(name).description(description).option('--json', 'print one JSON object to stdout');
    command('du', 'show the size of the cache, and how much of it is needed')
      .argument('[file]', 'with --remote: the pipeline file that names the shared cache')
      .option('--remote', 'show the size of the shared cache instead')
      .action(async (file: string | undefined, options: RemoteOption) =>
        done(
          options.remote
            ? await (await import('./cache/remote.js')).usage(file, options, host)
            : await du(options, host),
        ),
      );
    command('gc', 'shrink the cache; the least recently used items are removed first')
      .option('--max-size <size>', 'target size, such as 5GB; 0 keeps only what the last runs need')
      .option('--max-age <age>', 'remove unused items older than this, such as 30d')
      .option('-n, --dry-run', 'only show what would be removed')
      .action(async (options: GcOptions) => done(await gc(options, host)));
    command('verify', 'read the whole cache and remove damaged files; exits with 5 if there are any')
      .argument('[file]', 'with --remote: the pipeline file that names the shared cache')
      .option('--remote', 'check the signatures of all records of the shared cache instead')
      .action(async (file: string | undefined, options: RemoteOption) =>
        done(
          options.remote
            ? await (await import('./cache/remote.js')).verifyRemote(file, options, host)
            : await verify(options, host),
        ),
      );
    registerShared(command, host, done);
    registerTrust(command, host, done);
  },
};

async function open(
  host: Host,
  { json }: JsonOption,
): Promise<{ root: string; shelf: Shelf; damage: { path: string; reason: string }[] } | undefined> {
  const project = projectIn(host.cwd);
  refuseLinks(project);
  const { root, warning } = cachePlaceOf(project);
  if (warning !== undefined && !json) host.stderr(`${formatProblems([warning], host, 'warning')}\n`);
  if (!existsSync(root)) {
    host.stdout(json ? `${JSON.stringify({ event: 'cache', root, exists: false })}\n` : `no cache at ${root}\n`);
    return undefined;
  }
  const damage: { path: string; reason: string }[] = [];
  const { openShelf } = await import('../store/upkeep/maintenance.js');
  const shelf = openShelf(root, {
    onDamage: (note) => {
      damage.push(note);
      if (!json) host.stderr(`${note.path}: ${note.reason}\n`);
    },
  });
  return { root, shelf, damage };
}

async function du(options: JsonOption, host: Host): Promise<number> {
  const opened = await open(host, options);
  if (opened === undefined) return 0;
  const { root, shelf } = opened;
  const limits = limitsFrom(process.env);
  const kinds = [...(await shelf.usage(limits))].sort((a, b) => b.bytes - a.bytes);
  const bytes = kinds.reduce((sum, kind) => sum + kind.bytes, 0);
  if (options.json) {
    host.stdout(`${JSON.stringify({ event: 'cache', root, exists: true, bytes, maxBytes: limits.maxBytes, kinds })}\n`);
    return 0;
  }
  printColumns(host, [
    { title: '', cells: kinds.map(({ kind }) => kind) },
    { title: 'size', numeric: true, cells: kinds.map((kind) => bytesText(kind.bytes)) },
    { title: 'needed', numeric: true, cells: kinds.map(({ bytesKept }) => bytesText(bytesKept)) },
    { title: 'items', numeric: true, cells: kinds.map(({ items }) => items.toLocaleString('en-US')) },
    { title: 'files', numeric: true, cells: kinds.map(({ files }) => files.toLocaleString('en-US')) },
  ]);
  const kept = kinds.reduce((sum, kind) => sum + kind.bytesKept, 0);
  host.stdout(
    `${root}: ${bytesText(bytes)} of at most ${bytesText(limits.maxBytes)}; ${bytesText(kept)} needed by the last runs or in use\n`,
  );
  return 0;
}

async function gc(options: GcOptions, host: Host): Promise<number> {
  const usual = limitsFrom(process.env);
  const limits: Limits = {
    maxBytes: options.maxSize === undefined ? usual.maxBytes : parseSize(options.maxSize, '--max-size'),
    maxAgeMs: options.maxAge === undefined ? usual.maxAgeMs : parseAge(options.maxAge, '--max-age'),
  };
  const opened = await open(host, options);
  if (opened === undefined) return 0;
  const { root, shelf } = opened;
  const { dryRun = false, json } = options;
  const now = Date.now();
  const { removed, bytesBefore, bytesAfter, bytesKept } = await shelf.collect(limits, dryRun);
  if (json) {
    const items = removed.map(({ kind, name, bytes, usedMs }) => ({
      kind,
      name,
      bytes,
      usedAt: new Date(usedMs).toISOString(),
    }));
    host.stdout(
      `${JSON.stringify({ event: 'cache-gc', root, dryRun, bytesBefore, bytesAfter, bytesKept, removed: items })}\n`,
    );
    return 0;
  }
  if (dryRun && removed.length > 0) {
    printColumns(host, [
      { title: '', cells: removed.map(({ kind }) => kind) },
      { title: 'name', cells: removed.map(({ name }) => name.slice(0, 12)) },
      { title: 'size', numeric: true, cells: removed.map(({ bytes }) => bytesText(bytes)) },
      { title: 'used', numeric: true, cells: removed.map(({ usedMs }) => agoText(now - usedMs)) },
    ]);
  }
  const [removing, freeing] = dryRun ? ['would remove', 'free'] : ['removed', 'freed'];
  host.stdout(
    `${removing} ${count(removed.length, 'item')}, ${freeing} ${bytesText(bytesBefore - bytesAfter)} of ${bytesText(bytesBefore)}; ${bytesText(bytesAfter)} left\n`,
  );
  if (bytesAfter > limits.maxBytes)
    host.stdout(
      `still over the limit of ${bytesText(limits.maxBytes)}: the last runs or running ones need ${bytesText(bytesKept)}\n`,
    );
  return 0;
}

async function verify(options: JsonOption, host: Host): Promise<number> {
  const opened = await open(host, options);
  if (opened === undefined) return 0;
  const { root, shelf, damage } = opened;
  const { checked, unchecked, bytes, damaged, incomplete } = await shelf.verify();
  const code = damaged === 0 ? 0 : exitCodes['input-output'];
  if (options.json) {
    host.stdout(
      `${JSON.stringify({ event: 'cache-verify', root, checked, unchecked, bytes, damaged, incomplete, damage })}\n`,
    );
    return code;
  }
  const read = Object.entries(checked).map(([kind, number]) => `${number.toLocaleString('en-US')} of ${kind}`);
  host.stdout(`checked ${bytesText(bytes)}: ${read.join(', ') || 'nothing'}\n`);
  for (const [kind, number] of Object.entries(unchecked))
    host.stdout(`${count(number, 'item')} of ${kind} not checked: this version does not know them\n`);
  if (incomplete > 0)
    host.stdout(`${count(incomplete, 'record')} with missing results: they are computed again when needed\n`);
  host.stdout(
    damaged === 0
      ? 'no damage found\n'
      : `removed ${count(damaged, 'damaged file')}; runs compute again what they need of them\n`,
  );
  return code;
}

function printColumns(host: Host, columns: readonly Column[]): void {
  for (const line of columnLines(columns)) host.stdout(`${line}\n`);
}

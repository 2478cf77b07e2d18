#!/usr/bin/env node
/** The composition root: hands the stages to the commands, prints what went wrong and sets the exit code. */
import { Command, CommanderError } from 'commander';
import type { Host } from './commands/host.js';
import { commands } from './commands/index.js';
import { packageFile, packageVersion } from './core/package.js';
import { asPipelineError, exitCodes, PipelineError } from './core/problem.js';
import { summarizeBases } from './model/bases/index.js';
import { formatProblems } from './report/problems.js';
import { stages } from './stages/index.js';

function createHost(signal: AbortSignal): Host {
  const { stderr, stdout, env } = process;
  const plain = env.NO_COLOR !== undefined || env.TERM === 'dumb';
  return {
    stages,
    bases: summarizeBases,
    version: packageVersion(),
    examplePictures: packageFile('examples/pets/pictures'),
    cwd: process.cwd(),
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    stdin: () => process.stdin,
    interactive: stderr.isTTY === true && env.CI === undefined && env.TERM !== 'dumb',
    color: !plain && (stderr.isTTY === true || env.FORCE_COLOR !== undefined),
    width: stderr.columns ?? 100,
    signal,
  };
}

/** The first Ctrl-C lets what runs end cleanly; the second ends at once. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      process.stderr.write('\nstopping; once more to stop at once\n');
      controller.abort();
    });
  }
  return controller.signal;
}

/** Whoever reads our output may leave before its end, as `head` does: nobody is left to be told. A full disk is told. */
function endWithReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`the output cannot be written: ${error.message}\n`);
    process.exit(exitCodes['input-output']);
  });
  process.stderr.on('error', () => process.exit(exitCodes['input-output']));
}

async function main(argv: readonly string[]): Promise<number> {
  const host = createHost(interruptible());
  let exitCode = 0;
  const program = new Command('pipeline')
    .description('Trains image classifiers by transfer learning from one YAML file, and does again only what changed.')
    .version(host.version)
    .option('--debug', 'show the stack of an unexpected error')
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)');
  for (const command of commands) command.register(program, host, (code) => (exitCode = code));
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.invalid;
    return report(error, argv.includes('--debug'), host);
  }
}

function report(thrown: unknown, debug: boolean, host: Host): number {
  const error: PipelineError = asPipelineError(thrown);
  host.stderr(`${formatProblems(error.problems, host)}\n`);
  const cause = error.cause ?? (thrown instanceof PipelineError ? undefined : thrown);
  if (debug && cause instanceof Error) host.stderr(`${cause.stack}\n`);
  return exitCodes[error.category];
}

endWithReaders();
process.exitCode = await main(process.argv);

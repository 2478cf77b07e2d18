/** The composition root: passes the stages to the commands, prints errors and sets the exit code. */
import { getEventListeners } from 'node:events';
import { Command, CommanderError } from 'commander';
import type { Host } from './commands/host.js';
import { commands } from './commands/index.js';
import { programName } from './core/program.js';
import { packageFile, packageVersion } from './core/package.js';
import { asPipelineError, exitCodes, PipelineError } from './core/problem.js';
import { summarizeBases } from './model/bases/index.js';
import { formatProblems } from './report/problems.js';
import { wrapHelp } from './report/wrap.js';
import { stages } from './stages/index.js';
import type { KeepCode } from './start/run-script.js';

/** Given by `cli.js`. */
declare const __keepCode: KeepCode;

function createHost(signal: AbortSignal): Host {
  const { stderr, stdout, env } = process;
  const isTerminal = stderr.isTTY === true && env.TERM !== 'dumb';
  const plain = isSet(env.NO_COLOR) || env.TERM === 'dumb';
  return {
    stages,
    bases: summarizeBases,
    inspect: async (path, where) => (await import('./model/onnx/inspect.js')).inspectOnnx(path, where),
    checkMachine: async (...choices) => (await import('./machine.js')).checkMachine(...choices),
    version: packageVersion(),
    exampleImages: packageFile('examples/pets/pictures'),
    cwd: process.cwd(),
    program: programName(env, packageFile('package.json')),
    ask: isTerminal && process.stdin.isTTY === true && !isOn(env.CI) ? ask : undefined,
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    stdin: () => process.stdin,
    screen: isTerminal && !isOn(env.CI) ? stderr : undefined,
    showsOutput: stdout.isTTY === true,
    color: !plain && (stderr.isTTY === true || isOn(env.FORCE_COLOR)),
    width: () => stderr.columns || stdout.columns || 100,
    signal,
    setGrace: (ms) => void (graceMs = ms),
    keepCode: __keepCode,
  };
}

/** One line from the terminal; an empty one if the input ends. */
async function ask(question: string): Promise<string> {
  // No event would come of a stdin that has ended.
  if (process.stdin.readableEnded) return '';
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
const isOn = (value: string | undefined): boolean => isSet(value) && value !== '0' && value !== 'false';

/**
 * Time for a clean exit. Published results are always complete: only feature rows of the last seconds would be lost.
 */
let graceMs = 2000;

/** The reader of our output has exited. Kept here because Node clears the error state of its standard streams. */
let readerLeft = false;

/**
 * The first Ctrl-C lets running work end cleanly. The second exits at once, and so does the first if nothing listens.
 */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  const end = (): never => process.exit(exitCodes.interrupted);
  const stop = (): void => {
    controller.abort();
    setTimeout(end, graceMs).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted || getEventListeners(controller.signal, 'abort').length === 0) end();
      stop();
    });
  }
  // Stop if nobody reads the output anymore, as after `| head`.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') readerLeft = true;
      else process.exitCode = exitCodes['input-output'];
      if (!controller.signal.aborted) stop();
    });
  }
  return controller.signal;
}

async function main(argv: readonly string[]): Promise<number> {
  const host = createHost(interruptible());
  let exitCode = 0;
  const program = new Command('pipeline')
    .description('Train image classifiers by transfer learning from one YAML file. Only what changed runs again.')
    .version(host.version, '-v, --version', 'print the version')
    .option('--debug', 'show the stack of an unexpected error')
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout(wrapHelp(text, process.stdout.columns || 80)) })
    .showHelpAfterError('(run with --help for usage)');
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
  if (error.category === 'interrupted' && readerLeft) return exitCodes.interrupted;
  host.stderr(`${formatProblems(error.problems, host)}\n`);
  const cause = error.cause ?? (thrown instanceof PipelineError ? undefined : thrown);
  if (debug && cause instanceof Error) host.stderr(`${cause.stack}\n`);
  return exitCodes[error.category];
}

// Not awaited: modules loaded on demand import parts of this file, and would wait until it was evaluated. If the promise
// never settles, 13 is Node's own exit code for that.
let exitCode = 13;
process.on('exit', () => {
  process.exitCode ||= exitCode;
});
void main(process.argv).then((code) => {
  exitCode = code;
});

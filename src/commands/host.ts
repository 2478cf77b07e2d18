/** The environment of a command, and what all commands on a pipeline file share. */
import type { Command } from 'commander';
import { deviceChoiceOf, engineChoiceOf } from '../core/engine-choice.js';
import type { Finding } from '../core/finding.js';
import type { InspectedOnnx } from '../core/inspected-onnx.js';
import { PipelineError } from '../core/problem.js';
import type { DeviceChoice, EngineChoice } from '../core/schema-types.js';
import type { Screen } from '../report/live-region.js';
import type { Tool } from '../runner/open.js';

/** The environment of a command. Tests pass their own. */
export interface Host extends Tool {
  /** The pretrained networks; computed when called. */
  readonly bases: () => readonly BaseRow[];
  /** What is in an ONNX file; `where` is its path as people wrote it. */
  readonly inspect: (path: string, where: string) => Promise<InspectedOnnx>;
  /** Checks whether this machine can do the work with the chosen engine and device. */
  readonly checkMachine: (engine?: EngineChoice, device?: DeviceChoice) => Promise<Finding[]>;
  /** The folder of the example images that come with this tool. */
  readonly exampleImages: string;
  readonly cwd: string;
  /** How this tool is started from a shell: `pipeline`, `npx pipeline`. */
  readonly program: string;
  /** Asks a person; undefined if nobody is at a terminal. */
  readonly ask?: (question: string) => Promise<string>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Called only by code that reads it: a process that has opened its stdin waits for it. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** The terminal behind stderr, if its lines can be redrawn. */
  readonly screen: Screen | undefined;
  /** Whether stdout is a terminal too: output there already shows progress. */
  readonly showsOutput: boolean;
  readonly color: boolean;
  /** Current number of columns of the terminal. */
  readonly width: () => number;
  /** Aborted by Ctrl-C, SIGTERM, or a reader of the output that exits. Listeners have two seconds to end cleanly. */
  readonly signal: AbortSignal;
  /** Sets how long listeners have instead. */
  readonly setGrace: (ms: number) => void;
  /** Called with its name by a command that did little: the next start finds the code of this one compiled. */
  readonly keepCode?: (command: string) => void;
}

/** A command. */
export interface CommandSpec {
  /** Adds it to the program. Its action calls `done` with an exit code, or throws. */
  register(program: Command, host: Host, done: (exitCode: number) => void): void;
}

/** What `--device` takes. */
export const deviceHelp = 'what the engine onnx computes on: cpu, webgpu, cuda, coreml, dml or auto';

/** Adds the options of every command that reads a pipeline file. */
export function withPipelineOptions(command: Command): Command {
  return command
    .option('--set <path=value>', 'override one value of the file, such as stages.train.epochs=10; repeatable', collect)
    .option('--engine <name>', 'compute engine: auto, onnx or tfjs', engineChoiceOf)
    .option('--device <name>', deviceHelp, deviceChoiceOf)
    .option('--require-same-machine-class', 'use no result that another kind of processor has computed');
}

/** Parses an option that is a count. Throws `invalid` for anything but a whole number from 1. */
export function countOf(option: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number > 0) return number;
    throw new PipelineError('invalid', [
      {
        code: 'bad-option',
        where: option,
        found: `must be a whole number of at least 1, but got \`${text}\``,
      },
    ]);
  };
}

/** Parses an option that names a format. Throws `invalid` for any other name. */
export function formatOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((one) => one === text);
    if (name !== undefined) return name;
    const expected = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
    throw new PipelineError('invalid', [
      { code: 'bad-option', where: '--format', found: `must be ${expected}, but got \`${text}\`` },
    ]);
  };
}

/** Gathers the values of an option that can be repeated; the option is undefined if it is not given. */
export const collect = (value: string, all: readonly string[] = []): string[] => [...all, value];

/** A base as `bases` prints it; model/bases documents the fields. */
export interface BaseRow {
  readonly name: string;
  readonly alpha: number | null;
  readonly parameters: number | null;
  readonly preprocessing: string | null;
  readonly imageSize: number | null;
  readonly license: string | null;
  /** How images are brought to size for a network of the hub. */
  readonly hub: { readonly fit: 'crop' | 'stretch'; readonly crop_pct: number | null } | null;
  readonly published: readonly {
    readonly url: string;
    readonly sha256: string | null;
    readonly md5: string | null;
    readonly bytes: number | null;
    readonly imageSize: number;
  }[];
  readonly packaged: boolean;
  readonly package: string | null;
}

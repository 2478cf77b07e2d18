/** What a command gets from outside, and what all commands on a pipeline file share. */
import type { Command } from 'commander';
import { checkHeadAgainstFolders } from '../config/classes.js';
import { loadPipeline } from '../config/load.js';
import { onlyPipelineIn } from '../config/only-file.js';
import type { Pipeline } from '../config/pipeline.js';
import type { Emit } from '../core/event.js';
import type { Finding } from '../core/finding.js';
import { PipelineError } from '../core/problem.js';
import type { Settings } from '../core/stage.js';
import type { Screen } from '../report/live-region.js';
import type { StageTable } from '../runner/graph.js';
import { openSession, type Session } from '../runner/session.js';
import type { SourceOptions } from '../runner/source-host.js';
import { openStore } from '../store/store.js';
import type { BaseRow } from './bases.js';

/** The world of a command: tests hand in another one. */
export interface Host {
  readonly stages: StageTable;
  /** The pretrained networks; counted when they are asked for. */
  readonly bases: () => readonly BaseRow[];
  /** Looks whether this machine can do the work, with the engine that was chosen. */
  readonly checkMachine: (engine?: Settings['engine']) => Promise<Finding[]>;
  readonly version: string;
  /** The folder of the pictures that come with this tool. */
  readonly examplePictures: string;
  readonly cwd: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Asked for only by who reads it: a process that has opened its stdin waits for it. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** The terminal that stderr is, where its lines can be drawn over. */
  readonly screen: Screen | undefined;
  /** Whether stdout is a terminal too: what is printed there shows that something happens. */
  readonly showsOutput: boolean;
  readonly color: boolean;
  /** Columns of the terminal as it is now. */
  readonly width: () => number;
  /** Aborted by Ctrl-C, a request to end, or a reader of the output that went away. Who listens has two seconds to end cleanly. */
  readonly signal: AbortSignal;
}

/** A command: its name, and how it adds itself to the program. The action gives the exit code. */
export interface CommandSpec {
  register(program: Command, host: Host, done: (exitCode: number) => void): void;
}

export interface PipelineOptions {
  readonly set?: readonly string[];
  readonly engine?: string;
}

/** Adds the options of every command that reads a pipeline file. */
export function withPipelineOptions(command: Command): Command {
  return command
    .option('--set <path=value>', 'change one value of the file for this call, such as stages.train.epochs=10; may be repeated', collect, [])
    .option('--engine <name>', 'auto, onnx or tfjs');
}

/** Parses an option that counts `what`, such as stages. Throws `invalid` for anything but a whole number from 1. */
export function countOf(option: string, what: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number > 0) return number;
    throw new PipelineError('invalid', [{ code: 'bad-option', where: option, found: `${text} is no number of ${what}`, expected: 'a whole number from 1' }]);
  };
}

export const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** Loads and checks a pipeline file, the one that lies here where none is named; the head against the folders too where they can be listed. */
export async function loadChecked(file: string | undefined, { set = [], engine }: PipelineOptions, cwd: string): Promise<Pipeline> {
  const pipeline = await loadPipeline(file ?? (await onlyPipelineIn(cwd)), { set: engine === undefined ? set : [...set, `engine=${engine}`], cwd });
  const problems = await checkHeadAgainstFolders(pipeline);
  if (problems.length > 0) throw new PipelineError('invalid', problems);
  return pipeline;
}

/** Opens a session; damage in the cache is said as a note. */
export function openFor(pipeline: Pipeline, { stages, version }: Pick<Host, 'stages' | 'version'>, emit: Emit, options: SourceOptions = {}): Promise<Session> {
  const onDamage = ({ path, reason }: { path: string; reason: string }) => emit({ event: 'note', code: 'cache-damage', text: `${path}: ${reason}` });
  return openSession(pipeline, stages, (root) => openStore(root, { onDamage, tool: version }), emit, options);
}

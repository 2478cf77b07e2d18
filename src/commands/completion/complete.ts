/**
 * What can come next on a command line: read from the same commander table that parses it, so that a new command or
 * option is completed without more.
 */
import type { Command, Option } from 'commander';

/** What the shell adds itself: names of files, of pipeline files, of folders. */
type Native = 'none' | 'file' | 'yaml' | 'folder';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  readonly native: Native;
  readonly candidates: readonly Candidate[];
}

/** The place that is completed. */
export interface Place {
  /** Names of the command and its subcommand, `cache gc`. */
  readonly command: string;
  /** The option whose value it is, `--from`; undefined for an argument of the command. */
  readonly option: string | undefined;
  /** The name of the value in the help, `stage`. */
  readonly value: string;
  /** The pipeline file that was named before. */
  readonly file: string | undefined;
}

export type ValuesOf = (place: Place) => Promise<Completion>;

const nothing: Completion = { native: 'none', candidates: [] };

/** `words` are those after the program's name; the last one is being typed and may be empty. */
export async function complete(program: Command, words: readonly string[], valuesOf: ValuesOf): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const { command, names, given, pending, onlyArguments } = read(program, words.slice(0, -1));
  const file = given.find((word) => /\.ya?ml$/i.test(word));
  const place = { command: names.join(' '), file };
  const joined = /^(--[^=]+)=(.*)$/s.exec(current);
  if (!onlyArguments && joined !== null) {
    const option = optionOf(command, joined[1]);
    if (option === undefined || option.isBoolean()) return nothing;
    // Files after `=` are not completed: each shell would need the beginning of the word taken away.
    const { candidates } = await valuesOf({ ...place, option: joined[1], value: nameOf(option.flags) });
    return fitting({ native: 'none', candidates: candidates.map((one) => prefixed(`${joined[1]}=`, one)) }, current);
  }
  if (!onlyArguments && current.startsWith('-') && current !== '-') return fitting(optionsOf(command), current);
  if (pending !== undefined)
    return fitting(
      await valuesOf({ ...place, option: pending.long ?? pending.flags, value: nameOf(pending.flags) }),
      current,
    );
  if (command.commands.length > 0) return fitting(commandsOf(command), current);
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  const argument = all[given.length] ?? (last?.variadic ? last : undefined);
  if (argument === undefined) return nothing;
  return fitting(await valuesOf({ ...place, option: undefined, value: argument.name() }), current);
}

interface Read {
  readonly command: Command;
  readonly names: readonly string[];
  readonly given: readonly string[];
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  /** After `--`. */
  readonly onlyArguments: boolean;
}

function read(program: Command, words: readonly string[]): Read {
  let command = program;
  let pending: Option | undefined;
  let onlyArguments = false;
  const names: string[] = [];
  const given: string[] = [];
  for (const word of words) {
    if (!onlyArguments && word === '--') onlyArguments = true;
    else if (!onlyArguments && word.startsWith('-') && word !== '-') {
      const option = word.includes('=') ? undefined : optionOf(command, word);
      pending = option === undefined || option.isBoolean() ? undefined : option;
    } else if (pending !== undefined) pending = pending.variadic ? pending : undefined;
    else {
      const next = command.commands.find((one) => one.name() === word);
      if (next === undefined) given.push(word);
      else names.push((command = next).name());
    }
  }
  return { command, names, given, pending: onlyArguments ? undefined : pending, onlyArguments };
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => long === name || short === name);
}

/** `stages` of `-f, --force [stages...]`. */
function nameOf(flags: string): string {
  return /[<[]([^>\]]*?)(?:\.\.\.)?[>\]]/.exec(flags)?.[1] ?? '';
}

function optionsOf(command: Command): Completion {
  const own = command.options.filter(({ hidden }) => !hidden);
  const candidates = own.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return { native: 'none', candidates: [...candidates, { value: '--help', description: 'show help' }] };
}

function commandsOf(command: Command): Completion {
  const candidates = command.commands.map((one) => ({ value: one.name(), description: one.description() }));
  return { native: 'none', candidates };
}

function prefixed(prefix: string, { value, description }: Candidate): Candidate {
  return { value: `${prefix}${value}`, description };
}

function fitting({ native, candidates }: Completion, current: string): Completion {
  return { native, candidates: candidates.filter(({ value }) => value.startsWith(current)) };
}

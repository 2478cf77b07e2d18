/** Subcommands of `cache` about the cache that a team shares. */
import type { Command } from 'commander';
import type { Host } from '../host.js';

interface Options {
  readonly json?: boolean;
}

const fileArgument = ['[file]', 'the pipeline file (default: the only one in this folder)'] as const;

/** `command` creates a subcommand of `cache`. */
export function registerShared(
  command: (name: string, description: string) => Command,
  host: Host,
  done: (exitCode: number) => void,
): void {
  command('push', 'send the results of a pipeline that are here to the shared cache')
    .argument(...fileArgument)
    .action(async (file: string | undefined, options: Options) =>
      done(await (await import('./share.js')).push(file, options, host)),
    );
  command('pull', 'fetch the results of a pipeline from the shared cache')
    .argument(...fileArgument)
    .action(async (file: string | undefined, options: Options) =>
      done(await (await import('./share.js')).pull(file, options, host)),
    );
  command('login-check', 'check that this machine can read and write the shared cache')
    .argument(...fileArgument)
    .action(async (file: string | undefined, options: Options) =>
      done(await (await import('./remote.js')).loginCheck(file, options, host)),
    );
}

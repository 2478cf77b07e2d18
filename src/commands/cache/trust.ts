/** pipeline cache trust and keygen: which results of others this project uses, and the key for one's own. */
import { type Command, Option } from 'commander';
import { failure } from '../../core/problem.js';
import { trustCache } from '../../runner/cache-place.js';
import { refuseLinks } from '../../runner/checkout/own-folder.js';
import { projectIn } from '../../runner/checkout/project.js';
import type { Host } from '../host.js';
import type { KeygenOptions } from './keygen.js';

interface TrustOptions {
  readonly json?: boolean;
  readonly list?: boolean;
}

const trustHelp = `
Without arguments, accepts the cache in .pipeline that came with this project. With a name and a public key, adds them to
pipeline.trust.yaml: results that this key signed are then taken from a shared cache, and others are not.

Examples:
  pipeline cache trust
  pipeline cache trust ci ed25519:2mTZkP0xG0yUqB8eIhmz0GZwWcW7rYvX9u7l1b2c3d8=
  pipeline cache trust --list`;

const keygenHelp = `
The key goes into the file that PIPELINE_SIGNING_KEY_FILE names, or into transfer-pipeline/signing-key in your folder of
settings. Only you can read it. A CI keeps the key as a secret in PIPELINE_SIGNING_KEY instead: --stdout prints one.

Examples:
  pipeline cache keygen
  pipeline cache keygen --stdout --name ci | gh secret set PIPELINE_SIGNING_KEY`;

/** `command` creates a subcommand of `cache`. */
export function registerTrust(
  command: (name: string, description: string) => Command,
  host: Host,
  done: (exitCode: number) => void,
): void {
  command('trust', 'use the results of a cache that came with this project, or those that a key signed')
    .argument('[name]', 'whose key it is, such as ci')
    .argument('[key]', 'the public key, which keygen prints')
    .option('--list', 'show the keys that this project trusts')
    .addHelpText('after', trustHelp)
    .action(async (name: string | undefined, key: string | undefined, options: TrustOptions) => {
      if (name !== undefined && (key === undefined || options.list === true)) throw incomplete(options);
      const { listTrusted, trustKey } = await import('./trust-keys.js');
      if (options.list === true) await listTrusted(options, host);
      else if (name !== undefined && key !== undefined) await trustKey(name, key, options, host);
      else await trustLocal(options, host);
      done(0);
    });
  command('keygen', 'create the key that this machine signs results in a shared cache with')
    .option('--name <name>', 'a name for the key, such as ci')
    // One output cannot be both, and a secret belongs in no log of events.
    .addOption(
      new Option('--stdout', 'print the private key for the secrets of a CI, and write no file').conflicts('json'),
    )
    .option('--force', 'replace the key of this machine')
    .addHelpText('after', keygenHelp)
    .action(async (options: KeygenOptions) => {
      const { keygen } = await import('./keygen.js');
      await keygen(options, host);
      done(0);
    });
}

async function trustLocal({ json }: TrustOptions, host: Host): Promise<void> {
  const project = projectIn(host.cwd);
  refuseLinks(project);
  const { root, state } = await trustCache(project);
  host.stdout(
    json
      ? `${JSON.stringify({ event: 'cache-trust', root, state })}\n`
      : `${root}: ${state === 'trusted' ? 'trusted; its results are used from now on' : 'already trusted'}\n`,
  );
}

function incomplete({ list }: TrustOptions): Error {
  return failure('invalid', {
    code: 'bad-option',
    where: 'cache trust',
    found: list === true ? 'takes either --list, or a name and a key' : 'takes a name and a key, but got one of them',
    expected: '`pipeline cache trust NAME KEY`, with the public key that `pipeline cache keygen` prints',
  });
}

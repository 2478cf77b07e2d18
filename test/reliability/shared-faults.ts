/** What goes wrong with a shared cache: each disturbs a prefix, the way to it, or what a machine is given for it. */
import { existsSync } from 'node:fs';
import { chmod, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestOf } from '../../src/core/digest.js';
import type { Json } from '../../src/core/canonical.js';
import { signed, type SignedKind } from '../../src/core/signing/envelope.js';
import { FaultyProxy, type Fault } from '../object-store/faulty-proxy.js';
import { environmentOf, secretOf, type User } from '../object-store/servers.js';
import { filesBelow, stranger, type Environment, type Team } from './team.js';

interface Trial {
  readonly team: Team;
  readonly prefix: string;
  readonly random: () => number;
  readonly proxy: FaultyProxy;
}

export interface SharedFault {
  readonly name: string;
  /** What is shared before: everything, only features, or nothing. */
  readonly before: 'all' | 'features' | 'nothing';
  /** Disturbs what is there, and says what the machine is given beside the usual. */
  readonly disturb: (trial: Trial) => Promise<Environment | void> | Environment | void;
  /** Notes that come once each; any others are wrong, but for what was shared. */
  readonly notes: readonly RegExp[];
  /** Notes that may come, once each: it depends on what the fault hits. */
  readonly maybe?: readonly RegExp[];
  /** The run replaces what is wrong. */
  readonly heals?: boolean;
  /** Why it cannot be tried here. */
  readonly skipped?: string;
}

const below = (limit: number, random: () => number): number => Math.floor(random() * limit);
const notRead = /^shared-cache-off: this run no longer reads from the shared cache/;
const notWritten = /^shared-cache-off: this run no longer writes to the shared cache/;
const notShared = /^not-shared: not shared: \d+ items?, because/;
const wrongBytes =
  /^shared-refused: v1\/(blobs|packs)\/\S+ in the shared cache is not used: its bytes do not match its name$/;
const refusal = (reason: string): RegExp =>
  new RegExp(`^shared-refused: v1/\\S+ in the shared cache is not used: ${reason}$`);
const because = (reason: string): RegExp => new RegExp(`^not-shared: not shared: \\d+ items?, because .*${reason}`);

async function objectsOf({ team, prefix }: Trial, kind: string): Promise<string[]> {
  return (await filesBelow(join(team.folderOf(prefix), 'v1'))).filter((path) => path.includes(`/v1/${kind}`));
}

/** Disturbs about a third of the objects, at least one. */
const someObjects =
  (kind: string, disturb: (path: string, random: () => number) => Promise<unknown>) =>
  async (trial: Trial): Promise<void> => {
    const all = await objectsOf(trial, kind);
    const first = below(all.length, trial.random);
    for (const [i, path] of all.entries()) if (i === first || trial.random() < 0.3) await disturb(path, trial.random);
  };

interface Statement {
  value: { outputs?: Record<string, { digest: string; size: number }>; size?: number } & Record<string, Json>;
  signature?: Json;
}

/** Ways to replace a record with something that is not signed for its name. */
const forgeries: readonly ((statement: Statement, kind: SignedKind, other: string) => string)[] = [
  ({ value, signature }) => {
    for (const output of Object.values(value.outputs ?? {}))
      Object.assign(output, { digest: digestOf('forged'), size: 6 });
    return JSON.stringify({ value: { ...value, size: 6 }, signature });
  },
  (_, _kind, other) => other,
  ({ value }) => JSON.stringify({ value }),
  ({ value }, kind) => JSON.stringify(signed(value as Json, stranger, kind)),
  (statement) => JSON.stringify(statement).split('').reverse().join(''),
];

/** Every record is forged, each in one of the ways, from one that is drawn on. */
async function forgedRecords(trial: Trial): Promise<void> {
  const first = below(forgeries.length, trial.random);
  for (const [folder, kind] of [
    ['records/', 'record'],
    ['pack-records/', 'pack'],
  ] as const) {
    const paths = await objectsOf(trial, folder);
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    for (const [i, path] of paths.entries()) {
      const forge = forgeries[(first + i) % forgeries.length];
      await writeFile(path, forge(JSON.parse(texts[i]) as Statement, kind, texts[(i + 1) % texts.length]));
    }
  }
}

/** Puts the contents of objects in each other's place. */
const rotated =
  (kind: string) =>
  async (trial: Trial): Promise<void> => {
    const paths = await objectsOf(trial, kind);
    const contents = await Promise.all(paths.map((path) => readFile(path)));
    for (const [i, path] of paths.entries()) await writeFile(path, contents[(i + 1) % paths.length]);
  };

const onTheWay = (fault: (random: () => number) => Fault, times?: (random: () => number) => number) => ({
  disturb: ({ proxy, random }: Trial): void => proxy.set(fault(random), times?.(random)),
});
const offset = (random: () => number): number => Math.floor(10 ** (1 + random() * 5));
const anything = [
  notRead,
  notWritten,
  notShared,
  wrongBytes,
  refusal('it is not .*'),
  refusal('its signature does not match'),
  refusal('it belongs to another key'),
];

const faketime = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
].find((path) => existsSync(path));

const user = (name: User, secret = secretOf(name)) => ({
  disturb: (): Environment => ({ ...(environmentOf(name) as Environment), AWS_SECRET_ACCESS_KEY: secret }),
});

/** A program that gives right credentials a few times and wrong ones from then on, each for a second. */
async function expiring({ team, prefix, random }: Trial): Promise<Environment> {
  const folder = join(team.base, `${prefix}-credentials`);
  const script = `${folder}.sh`;
  const good = 1 + below(2, random);
  await writeFile(
    script,
    `#!/bin/sh
echo x >> ${folder}.asked
[ $(wc -l < ${folder}.asked) -le ${good} ] && user=writer || user=nobody
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"secret-of-writer","Expiration":"%s"}' $user "$(date -u -d '+301 seconds' +%Y-%m-%dT%H:%M:%SZ)"
`,
  );
  await chmod(script, 0o755);
  await writeFile(`${folder}.config`, `[default]\ncredential_process = ${script}\n`);
  return { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_CONFIG_FILE: `${folder}.config` };
}

export const sharedFaults: readonly SharedFault[] = [
  {
    name: 'nothing listens',
    before: 'all',
    disturb: async ({ proxy }) => void (await proxy.stop()),
    notes: [notRead, notWritten, because('connection refused')],
  },
  {
    name: 'each answer is cut',
    before: 'all',
    ...onTheWay((random) => ({ kind: 'cut', after: offset(random), of: 'answers' })),
    notes: [],
    maybe: anything,
  },
  {
    name: 'some answers are cut',
    before: 'all',
    ...onTheWay(
      (random) => ({ kind: 'cut', after: offset(random), of: 'answers' }),
      (random) => 1 + below(8, random),
    ),
    notes: [],
    maybe: anything,
  },
  {
    name: 'each upload is cut',
    before: 'nothing',
    ...onTheWay((random) => ({ kind: 'cut', after: 2000 + offset(random), of: 'requests' })),
    notes: [],
    maybe: anything,
  },
  {
    name: 'some uploads are cut',
    before: 'nothing',
    ...onTheWay(
      (random) => ({ kind: 'cut', after: offset(random), of: 'requests' }),
      (random) => 1 + below(8, random),
    ),
    notes: [],
    maybe: anything,
  },
  {
    name: 'bits flip on the way down',
    before: 'all',
    ...onTheWay((random) => ({ kind: 'flip', at: offset(random), of: 'answers' })),
    notes: [],
    maybe: [...anything, /^shared-/],
  },
  {
    name: 'bits flip on the way up',
    before: 'nothing',
    ...onTheWay((random) => ({ kind: 'flip', at: offset(random), of: 'requests' })),
    notes: [],
    maybe: [...anything, /^shared-/],
  },
  {
    name: 'the network is slow',
    before: 'features',
    ...onTheWay((random) => ({ kind: 'delay', ms: below(60, random) })),
    notes: [],
  },
  { name: 'objects are deleted', before: 'all', disturb: someObjects('', (path) => rm(path)), notes: [] },
  {
    name: 'objects are truncated',
    before: 'all',
    disturb: someObjects('', async (path, random) => truncate(path, below((await readFile(path)).length, random))),
    notes: [],
    maybe: [refusal('it is not what this tool writes')],
  },
  {
    name: 'bytes of blobs are others',
    before: 'all',
    disturb: someObjects('blobs/', flipped),
    notes: [wrongBytes],
    heals: true,
  },
  {
    name: 'bytes of packs are others',
    before: 'features',
    disturb: someObjects('packs/', flipped),
    notes: [wrongBytes],
  },
  {
    name: 'packs are swapped between sets',
    before: 'features',
    disturb: rotated('packs/'),
    notes: [],
    maybe: [wrongBytes],
  },
  {
    name: 'packs and their records are moved to other sets',
    before: 'features',
    disturb: movedPacks,
    notes: [refusal('it is not the record of this pack')],
  },
  {
    name: 'records are forged',
    before: 'all',
    disturb: forgedRecords,
    notes: [
      'its signature does not match',
      'it belongs to another key',
      'it is not signed',
      'it is signed with a key that pipeline.trust.yaml does not name',
      'it is not what this tool writes',
    ].map(refusal),
    maybe: [refusal('it is not the record of this pack')],
  },
  {
    name: 'the secret is wrong',
    before: 'all',
    ...user('writer', 'another-secret'),
    notes: [notRead, notWritten, because('the secret access key is wrong')],
  },
  {
    name: 'nobody knows the user',
    before: 'all',
    ...user('nobody' as User),
    notes: [notRead, notWritten, because('does not know this access key id')],
  },
  {
    name: 'the user may only read',
    before: 'features',
    ...user('reader'),
    notes: [notWritten, because('access denied')],
  },
  {
    name: 'the user has no rights',
    before: 'all',
    ...user('stranger'),
    // Uploads that fail together are one failure: it depends on their order whether there are three.
    notes: [notRead, because('access denied')],
    maybe: [notWritten],
  },
  {
    name: 'credentials expire in the middle',
    before: 'nothing',
    disturb: expiring,
    notes: [],
    maybe: [notRead, notWritten, because('does not know this access key id')],
  },
  ...([-1, 1] as const).map((hours): SharedFault => ({
    name: `the clock is ${hours < 0 ? 'an hour late' : 'an hour early'}`,
    before: 'all',
    disturb: () => ({ LD_PRELOAD: faketime!, FAKETIME: `${hours < 0 ? '-' : '+'}1h` }),
    notes: [notRead, notWritten, because('the clock is wrong')],
    ...(faketime === undefined ? { skipped: 'needs libfaketime' } : {}),
  })),
];

async function flipped(path: string, random: () => number): Promise<void> {
  const bytes = await readFile(path);
  bytes[below(bytes.length, random)] ^= 1 << below(8, random);
  await writeFile(path, bytes);
}

/** The sets trade their folders. */
async function movedPacks({ team, prefix }: Trial): Promise<void> {
  for (const kind of ['packs', 'pack-records']) {
    const folder = join(team.folderOf(prefix), 'v1', kind);
    const [one, two] = [...new Set((await filesBelow(folder)).map((path) => dirname(path)))];
    const aside = join(folder, `${basename(one)}-aside`);
    await rename(one, aside);
    await rename(two, one);
    await rename(aside, two);
  }
}

/**
 * onnxruntime's official builds send telemetry. In a namespace with a network, a name server, a home and a `/tmp` of
 * their own, `run` and `predict` ask for no name and leave no file outside of the project.
 */
import { afterAll, expect, test } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onnxIdentity } from '../../src/engine/onnx/identity.js';
import { pipelineText, repository } from '../e2e/rig.js';
import { copyPets } from '../pets.js';

/** $1 is the folder that stands for the whole disk to write to; the rest is a command, run in its project. */
const inside = `
set -e
ip link set lo up
# A route, or libraries see that there is no network and do not even ask.
ip addr add 10.9.9.2/32 dev lo
ip route add default dev lo
mount --bind "$1" /mnt
mount --bind /mnt/resolv.conf /etc/resolv.conf
# Before the next one, which hides a checkout below /tmp.
mount --bind "$REPOSITORY" /mnt/repository
export REPOSITORY=/mnt/repository
mount --bind /mnt/tmp /tmp
cd /mnt/project
"$NODE" "$REPOSITORY/test/cases/name-server.mjs" /mnt/asked & server=$!
for i in $(seq 400); do if [ -e /mnt/asked ]; then break; fi; sleep 0.05; done
[ -e /mnt/asked ]
shift
code=0
"$@" || code=$?
kill $server
exit $code`;

const tryOut = spawnSync('unshare', ['-rnm', 'sh', '-c', 'ip link set lo up && mount --bind /tmp /mnt'], {
  encoding: 'utf8',
});
const why =
  process.platform !== 'linux'
    ? 'needs Linux'
    : tryOut.status !== 0
      ? 'needs namespaces and iproute2'
      : onnxIdentity() === undefined
        ? 'needs onnxruntime-node'
        : undefined;
const testInNamespace = (name: string, run: () => Promise<void>): void =>
  why === undefined ? test(name, run, 120_000) : test.skip(`${name} (${why})`, run);

const disks: string[] = [];
afterAll(() => Promise.all(disks.map((disk) => rm(disk, { recursive: true, force: true }))));

async function newDisk(): Promise<string> {
  const disk = await mkdtemp(join(tmpdir(), 'pipeline-alone-'));
  disks.push(disk);
  for (const folder of ['tmp', 'home', 'project', 'repository']) await mkdir(join(disk, folder));
  await writeFile(join(disk, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await writeFile(
    join(disk, 'project', 'pets.yaml'),
    `${pipelineText({ train: 'epochs: 1' })}    formats: [tfjs, onnx]\n`,
  );
  await copyPets(join(disk, 'project', 'pictures'), 16);
  return disk;
}

/** Runs a shell command there, without what suppresses telemetry: neither the switch that tests have, nor what CI services set. */
async function alone(script: string): Promise<{ asked: string[]; files: string[] }> {
  const disk = await newDisk();
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(ORT_|NODE_OPTIONS$|CI$|TF_BUILD$|GITHUB_|XDG_|TMPDIR$|BUILD_|JENKINS|TRAVIS|CIRCLECI|GITLAB)/.test(name),
  );
  const env = { ...Object.fromEntries(kept), HOME: '/mnt/home', NODE: process.execPath, REPOSITORY: repository };
  await promisify(execFile)('unshare', ['-rnm', 'sh', '-c', inside, 'sh', disk, 'sh', '-ec', script], { env });
  const asked = (await readFile(join(disk, 'asked'), 'utf8')).split('\n').filter(Boolean);
  const files = [
    ...(await readdir(join(disk, 'tmp'), { recursive: true })),
    ...(await readdir(join(disk, 'home'), { recursive: true })),
  ];
  return { asked, files };
}

testInNamespace(
  'run and predict ask for no name and leave no file outside of the project, where the library alone does both',
  async () => {
    const cli = '"$NODE" "$REPOSITORY/dist/cli.js"';
    const load = `const { InferenceSession } = require(process.env.REPOSITORY + '/node_modules/onnxruntime-node');
    InferenceSession.create('/nowhere').catch(() => setTimeout(() => undefined, 30_000));`;
    const [tool, library] = await Promise.all([
      alone(`
      ${cli} run pets.yaml --offline
      ${cli} predict models/pets pictures
      ${cli} predict models/pets/model.onnx pictures
      sleep 1`),
      // It asks some seconds after it was loaded.
      alone(`
      "$NODE" -e "${load}" & library=$!
      for i in $(seq 250); do if [ -s /mnt/asked ]; then break; fi; sleep 0.1; done
      kill -9 $library`),
    ]);
    expect(tool).toEqual({ asked: [], files: [] });
    expect(library.asked).toContain('mobile.events.data.microsoft.com');
    expect(library.files).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^mat-debug-\d+\.log$/),
        '.cache/Microsoft/DeveloperTools/.onnxruntime/onnxruntime.db',
      ]),
    );
  },
);

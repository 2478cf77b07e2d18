/**
 * Packs what is published: `node scripts/release.mjs --to FOLDER [--platform linux-x64] [--base-photos FILE]`.
 *
 * - `transfer-pipeline-onnxruntime-PLATFORM`, for each platform: the binaries of onnxruntime-node for it alone. That
 *   package carries those of all platforms (114 MB to download), and its install script downloads CUDA libraries on
 *   Linux; npm leaves the package out without a word if the script fails. These have no script, and 10 to 29 MB.
 * - `transfer-pipeline`, with those as its optional dependencies, of which npm installs the one for the machine.
 *   onnxruntime-node becomes an optional peer: it is used if someone installs it.
 * - `transfer-pipeline-base-photos`, with the base `tf_efficientnet_lite0` for those who cannot reach the hub.
 *
 * The binaries are those of node_modules, which `npm ci` has checked against the lock file. Run `npm run build` before.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageBases } from '../dist/core/hub-bases.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'node_modules', 'onnxruntime-node');
const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    platform: { type: 'string', multiple: true },
    'base-photos': { type: 'string' },
  },
});
if (values.to === undefined) throw new Error('name the folder to write: --to FOLDER');

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const own = json(join(root, 'package.json'));
const onnxruntime = json(join(source, 'package.json'));
const binaries = `bin/napi-v${onnxruntime.binary.napi_versions[0]}`;
const platforms = readdirSync(join(source, binaries)).flatMap((os) =>
  readdirSync(join(source, binaries, os)).map((cpu) => ({ os, cpu, platform: `${os}-${cpu}` })),
);
const nameOf = (platform) => `${own.name}-onnxruntime-${platform}`;
/** The same library under the name of its version: the binding loads `libonnxruntime.1.dylib`. */
const doubled = /^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

/** Packs a folder into an archive in `--to`, and prints its name. */
function pack(folder) {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', resolve(values.to)];
  process.stdout.write(execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }));
}

function packOnnxruntime({ os, cpu, platform }, folder) {
  const inside = join(folder, binaries, os, cpu);
  mkdirSync(inside, { recursive: true });
  for (const file of readdirSync(join(source, binaries, os, cpu)))
    if (!doubled.test(file)) cpSync(join(source, binaries, os, cpu, file), join(inside, file));
  cpSync(join(source, 'dist'), join(folder, 'dist'), { recursive: true, filter: (file) => !file.endsWith('.map') });
  const { version, license, author, repository, binary, main, types, dependencies } = onnxruntime;
  const manifest = {
    name: nameOf(platform),
    version,
    description: `onnxruntime-node ${version} for ${platform} alone, without its install script. For ${own.name}.`,
    ...{ license, author, repository, binary, main, types },
    os: [os],
    cpu: [cpu],
    // Microsoft's build needs glibc: on Alpine npm leaves the package out, and the tool says which engine it uses.
    ...(os === 'linux' ? { libc: ['glibc'] } : {}),
    dependencies: { 'onnxruntime-common': dependencies['onnxruntime-common'] },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const readme = `The files of \`onnxruntime-node\` ${version} that ${platform} needs, unchanged. MIT License, Copyright (c) Microsoft Corporation.\n`;
  writeFileSync(join(folder, 'README.md'), readme);
  pack(folder);
}

function packTool(folder) {
  const archive = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder]);
  const { scripts: _scripts, devDependencies: _dev, private: _private, ...manifest } = own;
  const { 'onnxruntime-node': range, ...optional } = manifest.optionalDependencies;
  manifest.optionalDependencies = {
    ...optional,
    ...Object.fromEntries(platforms.map(({ platform }) => [nameOf(platform), onnxruntime.version])),
  };
  manifest.peerDependencies['onnxruntime-node'] = range;
  manifest.peerDependenciesMeta['onnxruntime-node'] = { optional: true };
  writeFileSync(join(folder, 'package', 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  pack(join(folder, 'package'));
}

/** The package of a base: `--base-photos FILE` is what tools/base-photos/build.py made, and has to be what the tool pins. */
function packBase(file, folder) {
  const { tf_efficientnet_lite0: base } = packageBases;
  const bytes = readFileSync(file);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== base.sha256) throw new Error(`${file} has the sha256 ${digest}, expected ${base.sha256}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, base.file), bytes);
  const manifest = {
    name: base.package,
    version: '1.0.0',
    description: `EfficientNet-Lite0, pretrained on ImageNet, without its classifier. The base tf_efficientnet_lite0 of ${own.name}.`,
    license: base.license,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(root, 'tools', 'base-photos', 'README.md'), join(folder, 'README.md'));
  pack(folder);
}

if (!existsSync(join(root, 'dist', 'cli.cjs'))) throw new Error('run `npm run build` first');
mkdirSync(values.to, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'pipeline-release-'));
try {
  for (const one of platforms) {
    if (values.platform === undefined || values.platform.includes(one.platform))
      packOnnxruntime(one, join(scratch, one.platform));
  }
  if (values['base-photos'] !== undefined) packBase(values['base-photos'], join(scratch, 'base-photos'));
  packTool(mkdtempSync(join(scratch, 'tool-')));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

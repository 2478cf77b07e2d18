/** Networks of the hub by their names: small files of the same layout from a mirror folder, and from a server on loopback. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { hubBases, type HubName, hubUrl } from '../../src/core/hub-bases.js';
import { hubNetwork } from '../model/onnx/hub-network.js';
import { certificate, ProxyServer, serveByTls } from '../sources/proxy-server.js';
import { Project } from './rig.js';

const names = Object.keys(hubBases) as HubName[];
const unpinned = names.filter((name) => hubBases[name].sha256 === undefined);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  Object.assign(project.environment, { PIPELINE_MIRROR: project.path('mirror') });
  await project.addPets('photos', 4);
});
afterAll(() => project.remove());

/** Puts a file where the hub has it. */
async function mirror(name: HubName, bytes: Uint8Array): Promise<void> {
  const { repository, file } = hubBases[name];
  const path = project.path('mirror', repository, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

const classifier = (base: string, image: string, more = ''): string => `version: 1
stages:
  ingest: {source: photos, image: ${image}}
  load-base: {architecture: ${base}}
  freeze: {layers: all}
  build-head: {layers: [classifier]}
  train: {epochs: 1}
${more}`;
const lite0Images = '{size: [224, 224], fit: crop, interpolation: bicubic}';

test('each is loaded with the output and the preprocessing that come with its name, and pinned on first use', async () => {
  for (const name of unpinned) await mirror(name, hubNetwork(name));
  const stages = unpinned.map((name) => `  ${name}: {uses: load-base, architecture: ${name}}`);
  await project.write('bases.yaml', ['version: 1', 'stages:', ...stages, ''].join('\n'));
  const run = await project.run('bases.yaml', '--offline');
  expect([run.code, run.named('ran').length]).toEqual([0, unpinned.length]);
  for (const name of unpinned) {
    const { output, features, size, tokens } = hubBases[name];
    const by = output === 'auto' ? '`before`, which its classifier reads' : `\`${output}\``;
    const given = `${tokens === undefined ? '' : 'first token, '}${features.toLocaleString('en-US')} numbers`;
    expect(run.stderr).toMatch(
      new RegExp(`${name}: [\\d,]+ parameters, ${size.join('x')} images, output ${by} \\(${given}\\)`),
    );
  }
  const lock = parse(await project.read('bases.lock.yaml')) as { downloads: Record<string, { sha256: string }> };
  expect(lock.downloads[hubUrl(hubBases.dinov2_base)].sha256).toBe(
    createHash('sha256').update(hubNetwork('dinov2_base')).digest('hex'),
  );
  expect((await project.run('bases.yaml', '--offline')).named('fresh')).toHaveLength(unpinned.length);
});

test('a classifier on one takes its preprocessing along', async () => {
  await mirror('efficientnet_lite0', hubNetwork('efficientnet_lite0'));
  await project.write(
    'photos.yaml',
    classifier('efficientnet_lite0', lite0Images, '  export: {to: models/photos, formats: [onnx]}\n'),
  );
  const run = await project.run('photos.yaml', '--offline');
  expect([run.code, run.events.filter(({ event }) => event === 'problem')]).toEqual([0, []]);
  expect(JSON.parse(await project.read('models/photos/preprocessing.json'))).toMatchObject({
    image: { size: [224, 224], interpolation: 'bicubic', fit: { kind: 'crop', crop_pct: 0.875 } },
    preprocessing: { kind: 'normalize', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channels: 'rgb' },
  });
});

test('a file that cannot be fetched: the error says where to put it, and no other base is taken', async () => {
  const { code, stderr } = await project.command(
    'run',
    'photos.yaml',
    '--offline',
    '--set',
    'stages.load-base.architecture=siglip_base',
    '--set',
    'stages.ingest.image.fit=stretch',
  );
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(/the weights of `siglip_base` cannot be fetched: https:.* is not in the cache nor in /),
  ]);
  expect(stderr.replace(/\s+/g, ' ')).toContain(
    'put the file at Xenova/siglip-base-patch16-224/onnx/vision_model.onnx in the folder that PIPELINE_MIRROR names, or download it elsewhere, and name it: `weights: FILE` in load-base, or use EfficientNet-Lite0 from npm: `npm install transfer-pipeline-base-photos`, then add `--set stages.load-base.architecture=tf_efficientnet_lite0`. No other base is taken unless you name it',
  );
  const packaged = await project.command(
    'run',
    'photos.yaml',
    '--offline',
    '--set',
    'stages.load-base.architecture=tf_efficientnet_lite0',
  );
  expect([packaged.code, packaged.stderr]).toEqual([
    3,
    expect.stringContaining('\n     npm install transfer-pipeline-base-photos\n'),
  ]);
  const plan = await project.command('plan', 'photos.yaml', '--set', 'stages.load-base.architecture=clip_vit_b32');
  expect([plan.code, plan.stderr]).toEqual([0, expect.not.stringContaining('no-topology')]);
});

test('a base that is out of reach is reported before any other stage starts', async () => {
  const nothing = await Project.create();
  const proxy = await new ProxyServer().start();
  proxy.behavior = { answer: '403 Forbidden' };
  try {
    await nothing.addPets('photos', 4);
    await mkdir(nothing.path('mirror'));
    await nothing.write('photos.yaml', classifier('efficientnet_lite0', lite0Images));
    const others = ['ingest', 'freeze', 'build-head', 'train'];
    const cases = [
      { mirror: 'mirror', options: ['--offline'], code: 3, found: /is not in the cache nor in .*mirror/ },
      { mirror: '', options: [], code: 5, found: /cannot be fetched: the proxy answers 403 Forbidden$/ },
    ];
    for (const { mirror: folder, options, code, found } of cases) {
      Object.assign(nothing.environment, {
        PIPELINE_MIRROR: folder && nothing.path(folder),
        HTTPS_PROXY: `http://${proxy.host}`,
        NO_PROXY: '',
      });
      const run = await nothing.run('photos.yaml', ...options);
      expect([run.code, run.named('failed'), run.named('skipped').sort()]).toEqual([
        code,
        ['load-base'],
        [...others].sort(),
      ]);
      const started = run.events.flatMap((event) => (event.event === 'stage-start' ? event.name : []));
      expect(started).toEqual(['load-base']);
      expect(run.stage('ingest').reason).toBe('load-base failed');
      const [problem] = run.events.flatMap((event) => (event.event === 'problem' ? event.problem : []));
      expect([problem.found, problem.remedy]).toEqual([
        expect.stringMatching(found),
        expect.stringContaining('transfer-pipeline-base-photos'),
      ]);
      // Nothing for people, and no result of any stage.
      const written = await readdir(nothing.path('.pipeline'));
      expect(written).not.toContain('out');
      expect(await readdir(nothing.path('.pipeline/cache/v1'))).not.toContain('records');
    }
    const shown = await nothing.command('run', 'photos.yaml', '--offline');
    expect(shown.stderr).toMatch(/\nfailed after .*, before any stage ran: fix the problem and run again\.\n$/);

    // With the file available, no network is asked for it.
    proxy.asked.length = 0;
    const at = nothing.path('mirror', hubBases.efficientnet_lite0.repository, hubBases.efficientnet_lite0.file);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, hubNetwork('efficientnet_lite0'));
    nothing.environment.PIPELINE_MIRROR = nothing.path('mirror');
    const [first, second] = [await nothing.run('photos.yaml'), await nothing.run('photos.yaml')];
    expect([first.code, first.named('ran').length, second.named('fresh').length]).toEqual([0, 5, 5]);
    await rm(nothing.path('mirror'), { recursive: true });
    const forced = await nothing.run('photos.yaml', '--force', 'load-base');
    expect([forced.code, forced.stage('load-base').state, proxy.asked]).toEqual([0, 'ran', []]);
  } finally {
    await proxy.stop();
    await nothing.remove();
  }
});

test('other bytes than those that are pinned, and another network, are refused; a copy by another exporter is not', async () => {
  await mirror('dinov2_small', hubNetwork('dinov2_small'));
  await writeFile(project.path('other.onnx'), hubNetwork('dinov2_small', 100));
  // Its output has another name.
  await writeFile(project.path('copy.onnx'), hubNetwork('mobilenet_v3_large'));
  await project.write('pinned.yaml', 'version: 1\nstages:\n  pinned: {uses: load-base, architecture: dinov2_small}\n');
  const pinned = await project.run('pinned.yaml', '--offline');
  expect([pinned.code, pinned.stage('pinned').reason]).toEqual([
    3,
    expect.stringMatching(/^has (the sha256|[\d,]+ bytes)/),
  ]);
  await project.write(
    'own.yaml',
    `version: 1
stages:
  other: {uses: load-base, architecture: dinov2_small, weights: other.onnx}
  copy: {uses: load-base, architecture: efficientnet_lite0, weights: copy.onnx}
`,
  );
  const run = await project.run('own.yaml', '--offline');
  expect(run.code).not.toBe(0);
  expect([run.stage('other').reason, run.stage('copy').state]).toEqual([
    expect.stringContaining('a different network than dinov2_small: it gives 100 numbers'),
    'ran',
  ]);
  expect(run.stderr).toContain('output `before`, which its classifier reads');
});

test('a file is fetched from the hub by https at its pinned commit, once', async () => {
  const bytes = hubNetwork('efficientnet_lite0');
  const server = await serveByTls(bytes);
  const proxy = await new ProxyServer().start();
  proxy.behavior = { to: server.port };
  // The tunnel of a proxy leads to loopback under the hub's name.
  Object.assign(project.environment, {
    PIPELINE_MIRROR: '',
    PIPELINE_CACHE: project.path('fetched'),
    NODE_EXTRA_CA_CERTS: certificate,
    HTTPS_PROXY: `http://${proxy.host}`,
    NO_PROXY: '',
  });
  try {
    await project.write('hub.yaml', classifier('efficientnet_lite0', lite0Images));
    const run = await project.run('hub.yaml', 'load-base');
    expect([run.code, run.stage('load-base').state]).toEqual([0, 'ran']);
    const url = hubUrl(hubBases.efficientnet_lite0);
    expect([proxy.asked, server.asked]).toEqual([['huggingface.co:443'], [new URL(url).pathname]]);
    const lock = parse(await project.read('hub.lock.yaml')) as { downloads: Record<string, object> };
    expect(lock.downloads[url]).toEqual({
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
    });
    expect((await project.run('hub.yaml', 'load-base', '--force')).code).toBe(0);
    expect(server.asked).toHaveLength(1);
  } finally {
    await proxy.stop();
    await server.stop();
  }
});

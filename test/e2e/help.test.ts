/** What commands say without a pipeline: the bases there are, and their help. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Project } from './rig.js';

let project: Project;
beforeAll(async () => void (project = await Project.create()));
afterAll(() => project.remove());

test('bases lists the networks that can be named', async () => {
  const { code, stdout } = await project.command('bases');
  expect(code).toBe(0);
  const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
  expect(lines[0]).toBe('base | parameters | images | license | weights');
  expect(lines).toEqual(
    expect.arrayContaining([
      'vgg16 | 14.7 M | 224 px, stretch | CC BY 4.0 | 58.9 MB',
      'mobilenet_v2, alpha 0.35 | 0.41 M | 224 px, stretch | Apache-2.0 | download',
      'compact32 | 0.19 M | 32 px, stretch | MIT | included',
      'dinov2_small | 22.1 M | 224 px, crop 0.875 | Apache-2.0 | 88.5 MB',
    ]),
  );
  // It fits into a terminal of 80 columns; addresses would not.
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  const { bases } = JSON.parse((await project.command('bases', '--json')).stdout) as {
    bases: { name: string; published: { url: string; md5: string | null; sha256: string | null }[] }[];
  };
  const firstFile = (name: string): unknown => bases.find((base) => base.name === name)!.published[0];
  expect([firstFile('vgg16'), firstFile('dinov2_small')]).toMatchObject([
    { url: expect.stringMatching(/^https:.*_notop\.h5$/), md5: '6d6bbae143d832006294945121d1f1fc' },
    { url: expect.stringMatching(/^https:.*\/onnx\/model\.onnx$/), sha256: expect.stringMatching(/^83141175ec78b4ff/) },
  ]);
  expect(bases.filter(({ name }) => name === 'mobilenet_v2').map(({ published }) => published.length)).toEqual([
    5, 5, 5, 5, 5, 5,
  ]);
});

test('the help of the whole breaks between words', async () => {
  const lines = (await project.command('--help')).stdout.split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const plan = lines.findIndex((line) => line.startsWith('  plan '));
  expect(lines.slice(plan, plan + 2).map((line) => line.slice(41))).toEqual([
    'show what a run would do and why,',
    'without running anything',
  ]);
});

test('-v and --version print the version of the package', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  for (const option of ['-v', '--version'])
    expect(await project.command(option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('every command has help with an example', async () => {
  for (const name of [
    'run',
    'plan',
    'explain',
    'status',
    'graph',
    'summary',
    'preview',
    'report',
    'runs',
    'diff',
    'predict',
    'serve',
    'init',
    'bases',
    'doctor',
    'completion',
  ]) {
    const { code, stdout } = await project.command(name, '--help');
    expect([name, code]).toEqual([name, 0]);
    expect(stdout).toMatch(new RegExp(`Examples?:\n  pipeline ${name}`));
    // Lines to copy stay whole.
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes(' | pipeline '))).toEqual([]);
  }
});

/** What commands say without a pipeline: the bases there are, and their help. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Project } from './rig.js';

let project: Project;
beforeAll(async () => void (project = await Project.create()));
afterAll(() => project.remove());

test('bases lists the networks that can be named', async () => {
  const { code, stdout } = await project.command('bases');
  expect(code).toBe(0);
  const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
  expect(lines[0]).toBe('base | parameters | image size | preprocessing | weights');
  expect(lines[1]).toMatch(
    /^vgg16 \| 14,714,688 \| 224 px \| caffe \| https:.*_notop\.h5 \(58\.9 MB, md5 6d6bbae143d832006294945121d1f1fc\)$/,
  );
  expect(lines).toContainEqual(
    expect.stringMatching(/^mobilenet_v2, alpha 0\.35 \| 410,208 \| 224 px \| tf \| https:/),
  );
  expect(lines).toContain('compact32 | 189,304 | 32 px | tf | included in this tool');
  const { bases } = JSON.parse((await project.command('bases', '--json')).stdout) as {
    bases: { name: string; published: unknown[] }[];
  };
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

test('every command has help with an example', async () => {
  for (const name of [
    'run',
    'plan',
    'explain',
    'status',
    'graph',
    'report',
    'runs',
    'diff',
    'predict',
    'serve',
    'init',
    'bases',
    'doctor',
  ]) {
    const { code, stdout } = await project.command(name, '--help');
    expect([name, code]).toEqual([name, 0]);
    expect(stdout).toMatch(new RegExp(`Examples?:\n  pipeline ${name}`));
    // Lines to copy stay whole.
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes(' | pipeline '))).toEqual([]);
  }
});

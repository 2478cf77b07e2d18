/** What `plan` finds out about a failure of the run: the whole problem and the run's exit code, not a plan that looks fine. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { addImages, image, pipeline, writeAt } from './image-folders.js';

test('plan ends as the run would, with the same problem', async () => {
  const project = await Project.create();
  try {
    for (const folder of ['red', 'blue']) await addImages(project, `data/${folder}`, 4);
    const same = await image(1);
    for (const path of ['red/0', 'blue/0', 'red/1', 'blue/1'])
      await writeAt(project, `others/${path}.png`, path.endsWith('0') ? same : await image(path.length));
    const faults: [text: string, code: number, problem: string][] = [
      [pipeline('source: others'), 3, 'others/red/0.png: has the same content as blue/0.png but another label'],
      [
        pipeline().replace('layers: all', 'layers: [no_such_layer]'),
        2,
        't.yaml:6:21: the base has no layer no_such_layer',
      ],
    ];
    for (const [text, code, problem] of faults) {
      await project.write('t.yaml', text);
      const planned = await project.command('plan', 't.yaml');
      const dry = await project.command('run', 't.yaml', '--dry-run');
      const ran = await project.command('run', 't.yaml');
      expect([planned.code, dry.code, ran.code]).toEqual([code, code, code]);
      expect(planned.stdout).toMatch(/^ingest +(run|restore|fresh) /m);
      expect(planned.stdout).not.toMatch(/^unknown/m);
      expect(dry.stderr).toBe(planned.stderr);
      expect(planned.stderr).toContain(problem);
      expect(planned.stderr).toMatch(/ {2}(-> |expected: one of its 51 layers)/);
      // A run reports the same text, among its own lines.
      expect(ran.stderr).toContain(planned.stderr.trimEnd().split('\n\n').at(-1));
    }
    const { code, stdout } = await project.command('plan', 't.yaml', '--json');
    const lines = stdout.trim().split('\n');
    expect([code, JSON.parse(lines.find((line) => line.includes('"estimate"'))!)]).toEqual([
      2,
      expect.objectContaining({ unknown: [expect.objectContaining({ stage: 'freeze', fails: true })] }),
    ]);
  } finally {
    await project.remove();
  }
});

test('doctor says "all decoded" only where all are', async () => {
  const project = await Project.create();
  try {
    for (const folder of ['red', 'blue']) await addImages(project, `data/${folder}`, 4);
    await project.write('t.yaml', pipeline());
    await writeAt(project, 'data/red/cut.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    const { code, stdout } = await project.command('doctor', 't.yaml');
    expect([code, stdout]).toEqual([
      3,
      expect.stringMatching(/✔ 8 images in 2 classes, decoded: [^]*✘ cannot be used/),
    ]);
    await writeFile(project.path('data/red/cut.png'), 'no image');
    expect((await project.command('doctor', 't.yaml')).stdout).not.toContain('all decoded');
  } finally {
    await project.remove();
  }
});

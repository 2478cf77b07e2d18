/** Classes, stages, files and folders with hostile names: each is a key like others, and a text that does nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { addImages, image, writeAt } from './image-folders.js';

const classes = [
  '# head',
  '<img src=x onerror=alert(1)>',
  "=cmd|' !A0",
  '@sum',
  '\u001b[31mred',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  '| a ![x](b)',
].sort();

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  for (const name of classes) await addImages(project, `data/${name}`, 3);
  await project.write(
    't.yaml',
    `version: 1
name: t
stages:
  isPrototypeOf: {uses: ingest, source: data, image: {size: [32, 32]}}
  toString: {uses: load-base, architecture: compact32}
  valueOf: {uses: freeze, layers: all}
  toSource: {uses: build-head, layers: [global_average_pooling, classifier]}
  hasOwnProperty: {uses: train, epochs: 1, class_weight: {toString: 2, hasOwnProperty: 2}}
  toLocaleString: {uses: evaluate}
  propertyIsEnumerable: {uses: export, to: constructor}
`,
  );
}, 120_000);
afterAll(() => project.remove());

// What would write to a terminal by itself.
const sequences = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

test('are trained, measured and exported', async () => {
  const run = await project.run('t.yaml');
  expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: expect.anything() });
  expect(Object.keys(run.metrics)).toEqual(['toLocaleString']);
  const metrics = JSON.parse(await project.read('.pipeline/out/t/toLocaleString/metrics.json')) as {
    per_class: object;
  };
  expect(Object.keys(metrics.per_class).sort()).toEqual(classes);
  expect(JSON.parse(await project.read('constructor/classes.json'))).toEqual(classes);
  const again = await project.run('t.yaml');
  expect(again.named('fresh')).toHaveLength(7);
}, 240_000);

test('do nothing in the model card, in tables and on a terminal', async () => {
  const card = await project.read('constructor/README.md');
  expect(card).not.toMatch(/(?<!\\)<img|(?<!\\)!\[|\u001b/);
  expect(card).toContain('| \\# head |');
  expect(card).toContain('| \\_\\_proto\\_\\_ |');
  expect(card.match(/^#+ .*/gm)).toEqual([
    expect.stringContaining('# Image classifier: '),
    '## Input',
    '## Output',
    '## Files',
    '## Try it',
    '## Use in the browser',
    '## Use in Node',
    '## Use in Python',
    '## Resizing',
    '## Check',
    '## Metrics',
  ]);
  const csv = await project.read('.pipeline/out/t/toLocaleString/predictions.csv');
  expect(csv).not.toMatch(/^[=+\-@]|,[=+\-@]|\u001b/m);

  await writeAt(project, 'new/=1+1.png', await image(77));
  await writeAt(project, 'new/toString', await image(78));
  await writeAt(project, 'new/\u001b[2Jx.png', await image(79));
  const [table, cells, lines, text] = await Promise.all([
    project.commandIn('new', 'predict', '../constructor', '=1+1.png', 'toString', '\u001b[2Jx.png'),
    project.commandIn('new', 'predict', '../constructor', '=1+1.png', 'toString', '\u001b[2Jx.png', '--csv'),
    project.commandIn('new', 'predict', '../constructor', 'toString', '--json'),
    project.command('status', 't.yaml'),
  ]);
  expect([table.code, cells.code, lines.code, text.code]).toEqual([0, 0, 0, 0]);
  for (const shown of [table.stdout, table.stderr, cells.stdout, text.stdout]) expect(shown).not.toMatch(sequences);
  const [head, formula] = cells.stdout.split('\n');
  expect(head).toContain("'=cmd|' !A0");
  expect(head).toContain("'@sum");
  expect(formula).toMatch(/^'=1\+1\.png,/);
  const { scores } = JSON.parse(lines.stdout) as { scores: object };
  expect(Object.keys(scores).sort()).toEqual(classes);
}, 240_000);

test('leave files of a person alone, also if export is forced', async () => {
  const names = ['toString', '__proto__'];
  for (const name of names) await writeFile(project.path('constructor', name), 'mine');
  const run = await project.run('t.yaml', '--set', 'stages.hasOwnProperty.epochs=2', '--force', 'propertyIsEnumerable');
  expect(run.code).toBe(4);
  for (const name of names) expect(await project.read(`constructor/${name}`)).toBe('mine');
  for (const name of names) await rm(project.path('constructor', name));
}, 240_000);

test('are shown in the report as they are written', async () => {
  expect((await project.command('report', 't.yaml', '-o', 'r.html')).code).toBe(0);
  const report = await project.read('r.html');
  expect(report).not.toMatch(/<img src=x|\u001b/);
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString'])
    expect(report).toContain(`<th scope="row">${name}</th>`);
}, 240_000);

/** Where problems are reported: at the line that sets the value, all of a file at once, in the order of the file. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pipelineText, Project } from '../e2e/rig.js';

let project: Project;

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 4);
});
afterAll(() => project.remove());

test('a value of a matrix that only the run can judge is reported at that value', async () => {
  const matrix = 'matrix:\n  cut: {field: stages.freeze.layers.until, values: [conv1, nope_layer]}\n';
  await project.write('m.yaml', pipelineText().replace('stages:\n', `${matrix}stages:\n`));
  const { code, stderr } = await project.command('doctor', 'm.yaml');
  const { stdout } = await project.command('doctor', 'm.yaml', '--json');
  expect(code).toBe(2);
  expect(stderr).not.toContain('undefined');
  const texts = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text?: string }).text ?? '');
  const line = (await project.read('m.yaml')).split('\n').findIndex((text) => text.includes('nope_layer')) + 1;
  expect(texts.filter((text) => text.includes('nope_layer'))).toEqual([expect.stringMatching(`^m.yaml:${line}:`)]);
});

test('an unknown field, a head and a class weight that fit no folder are reported together', async () => {
  const text = pipelineText({ train: 'lr: 3\n    class_weight: {cat: 2}' }).replace(
    '- classifier',
    '- dense: {units: 5, activation: softmax}',
  );
  await project.write('t.yaml', text);
  const { code, stderr } = await project.command('plan', 't.yaml');
  expect(code).toBe(2);
  const places = stderr
    .split('\n')
    .filter((line) => line.startsWith('t.yaml:'))
    .map((line) => line.replace(/^t.yaml:(\d+):.*/, '$1'));
  expect(places).toHaveLength(3);
  expect(places).toEqual(places.toSorted((a, b) => Number(a) - Number(b)));
  const at = stderr.split('\n').findLastIndex((line) => line.includes('class_weight: {cat: 2}'));
  const [written, carets] = stderr.split('\n').slice(at, at + 2);
  expect(carets.indexOf('^')).toBe(written.indexOf('cat: 2'));
  expect(stderr).toContain('did you mean `cats`?');
});

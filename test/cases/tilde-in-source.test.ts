/** Paths as they are written for a shell: what is not expanded is named, and what to write instead. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { homedir } from 'node:os';
import { pipelineText, Project } from '../e2e/rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  project.environment.PHOTOS = '/data/photos';
});
afterAll(() => project.remove());

async function refusal(text: string, ...args: string[]): Promise<string> {
  await project.write('t.yaml', text);
  const { code, stderr } = await project.command('plan', 't.yaml', ...args);
  return `${code} ${stderr.replace(/\s+/g, ' ')}`;
}

const withSource = (source: string): string => pipelineText().replace('source: pictures', `source: ${source}`);

test.each([
  ['~/photos', '`~` is not expanded', `write \`${homedir()}/photos\`, or a path that starts from the project`],
  ['"~\\\\photos"', '`~` is not expanded', `write \`${homedir()}/photos\``],
  ['$PHOTOS/pets', '`$PHOTOS` is not expanded', 'write `/data/photos/pets`'],
  ['${NOT_SET_HERE}/pets', '`${NOT_SET_HERE}` is not expanded', 'write the path itself'],
  ["'%PHOTOS%/pets'", '`%PHOTOS%` is not expanded', 'write `/data/photos/pets`'],
  ['"C:\\\\Users\\\\me\\\\pets"', 'it is a Windows path', 'in WSL it is `/mnt/c/Users/me/pets`'],
  ['.\\photos\\pets', '`\\` is part of a name on this system', 'write it with `/`: `./photos/pets`'],
])('source: %s', async (source, found, remedy) => {
  const output = await refusal(withSource(source));
  expect(output).toMatch(/^3 /);
  expect(output).toContain(`does not exist: ${found}`);
  expect(output).toContain(remedy);
});

test('a variable in braces inside a mapping in braces has to be quoted', async () => {
  const text = 'version: 1\nstages:\n  ingest: {source: ${HOME}/photos, image: {size: [32, 32]}}\n  load-base: {}\n';
  expect(await refusal(text)).toMatch(/^2 .*-> quote the text that contains `\$\{`: braces have a meaning in YAML/);
});

test('the same for weights, on the command line, and where export would make such a folder', async () => {
  const layers = 'architecture: layers_model, preprocessing: tf';
  expect(await refusal(`version: 1\nstages:\n  load-base: {${layers}, weights: ~/base.h5}\n`)).toMatch(
    /^3 .*does not exist: `~` is not expanded .*base\.h5/,
  );
  // The shell leaves a tilde after `=` alone, and the path then starts from the current folder.
  expect(await refusal(withSource('pictures'), '--set', 'stages.ingest.source=~/photos')).toContain(
    `write \`${homedir()}/photos\``,
  );
  expect(await refusal(pipelineText().replace('models/pets', '~/models'))).toMatch(
    /^2 .*`~\/models` is taken literally: `~` is not expanded .*expected: a folder inside the project/,
  );
});

test('a folder of such a name is taken', async () => {
  await project.addPets('~/photos', 6);
  expect(await refusal(withSource('~/photos'))).toMatch(/^0 /);
});

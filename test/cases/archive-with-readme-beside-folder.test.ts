import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Project } from '../e2e/rig.js';
import { zipOf } from '../sources/packing.js';
import { counts, image, ingested, pipeline, writeAt } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

async function archive(name: string, folders: readonly string[], others: readonly string[] = []): Promise<void> {
  const entries = await Promise.all(
    folders.flatMap((folder, i) =>
      Array.from({ length: 5 }, async (_, j) => ({ name: `${folder}/${j}.png`, content: await image(100 * i + j) })),
    ),
  );
  await writeAt(project, name, zipOf([...others.map((other) => ({ name: other, content: 'words' })), ...entries]));
}

test('the only folder with images is entered, and reported', async () => {
  await archive(
    'pets.zip',
    ['PetImages/Cat', 'PetImages/Dog'],
    ['readme[1].txt', 'MSR-LA - 3467.docx', 'docs/licence.txt'],
  );
  await project.write('t.yaml', pipeline('source: pets.zip'));
  const run = await project.run('t.yaml');
  expect(run.code).toBe(0);
  expect(run.events.flatMap((event) => (event.event === 'note' && event.stage === 'ingest' ? event.text : []))).toEqual(
    [
      'classes are read from `PetImages`, the only folder with images',
      'the folder `docs` contains no images: not a class',
      '1 file outside all class folders: MSR-LA - 3467.docx',
      'train 8 (Cat 4, Dog 4); validation 2 (Cat 1, Dog 1)',
    ],
  );
  expect(JSON.parse(await project.read('out/classes.json'))).toEqual(['Cat', 'Dog']);
});

test('`inside` names one of several folders', async () => {
  await archive('many.zip', ['small/Cat', 'small/Dog', 'large/Cat', 'large/Dog']);
  await project.write('t.yaml', pipeline('source: many.zip'));
  expect((await ingested(project)).problems).toMatchObject([{ code: 'unknown-splits' }]);
  await project.write('t.yaml', pipeline('source: {path: many.zip, inside: large}'));
  expect((await ingested(project)).code).toBe(0);
  expect(await counts(project)).toEqual({ train: { Cat: 4, Dog: 4 }, validation: { Cat: 1, Dog: 1 } });
  await project.write('t.yaml', pipeline('source: {path: many.zip, inside: larg}'));
  const wrong = await ingested(project);
  expect([wrong.code, wrong.problems[0]]).toMatchObject([
    3,
    {
      code: 'inside-missing',
      found: 'many.zip has no folder `larg`',
      expected: 'one of the folders `large` or `small`',
      remedy: 'did you mean `large`?',
    },
  ]);
  await project.write('t.yaml', pipeline('source: {path: many.zip, inside: ../large}'));
  expect((await project.command('plan', 't.yaml')).code).toBe(2);
});

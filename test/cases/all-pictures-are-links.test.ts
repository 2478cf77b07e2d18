import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdir, rename, symlink } from 'node:fs/promises';
import { Project } from '../e2e/rig.js';
import { addImages, counts, ingested, pipeline } from './image-folders.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
  await project.write('t.yaml', pipeline());
});
afterEach(() => project.remove());

/** As DVC with `cache.type: symlink` and git-annex keep data. */
async function linkAll(name: string): Promise<void> {
  await addImages(project, `store/${name}`, 12);
  for (const file of await readdir(project.path('store', name))) {
    await project.write(`data/${name}/.keep`, '');
    await symlink(`../../store/${name}/${file}`, project.path('data', name, file));
  }
}

test('images that are links are read; those that lead nowhere are bad images, and no class vanishes with them', async () => {
  await linkAll('red');
  await linkAll('blue');
  expect((await project.run('t.yaml')).code).toBe(0);
  expect(await counts(project)).toEqual({ train: { blue: 10, red: 10 }, validation: { blue: 2, red: 2 } });
  await rename(project.path('store/blue'), project.path('store/gone'));
  const { code, problems } = await ingested(project);
  expect(code).toBe(3);
  expect(problems).toHaveLength(11);
  expect(problems[0]).toMatchObject({
    code: 'bad-picture',
    where: project.path('data/blue/0.png'),
    found: 'is a link to ../../store/blue/0.png, which is missing',
  });
  expect(problems[10]).toMatchObject({
    found: 'and 2 more; `pipeline doctor FILE --json` lists all',
    remedy:
      'fetch the targets of the links (for example with `dvc pull` or `git annex get`), or set `on_bad_image: skip` in the ingest stage',
  });
});

/** A source that needs a token from the environment, by the real command: nothing of it is written anywhere. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { zipOf } from '../sources/packing.js';
import { file, FileServer } from '../sources/server.js';
import { pipelineText, Project } from './rig.js';

const SECRET = 'secret-4711';
let project: Project;
let server: FileServer;
beforeEach(async () => {
  project = await Project.create();
  server = await new FileServer().start();
  project.environment.PIPELINE_ALLOW_HTTP_LOOPBACK = '1';
});
afterEach(async () => {
  await server.stop();
  await project.remove();
});

test('images come with a token, whose value is in no output, record, log or lock file', async () => {
  await project.addPets('photos', 4);
  const names = ['cats', 'dogs'].flatMap((kind) => [1, 2, 3, 4].map((at) => `${kind}/${kind.slice(0, 3)}-00${at}.jpg`));
  const zip = zipOf(
    await Promise.all(names.map(async (name) => ({ name, content: await readFile(project.path('photos', name)) }))),
  );
  const url = server.on('/pets.zip', (request, response) =>
    request.headers.authorization === `Bearer ${SECRET}` ? file(zip)(request, response) : response.writeHead(401).end(),
  );
  const source = (headers: string): string =>
    pipelineText().replace('source: pictures', `source: {url: "${url}", size: ${zip.length}${headers}}`);
  await project.write('pets.yaml', source(''));
  const refused = await project.command('run', 'pets.yaml', 'ingest');
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('the server answers 401')]);

  await project.write('pets.yaml', source(', headers_env: {Authorization: PIPELINE_TOKEN}'));
  const unset = await project.command('run', 'pets.yaml', 'ingest');
  expect([unset.code, unset.stderr]).toEqual([
    2,
    expect.stringContaining('the environment variable PIPELINE_TOKEN is not set'),
  ]);
  project.environment.PIPELINE_TOKEN = `Bearer ${SECRET}`;
  const run = await project.run('pets.yaml', 'ingest', '--log-level', 'trace');
  expect([run.code, run.stage('ingest').state]).toEqual([0, 'ran']);
  expect(JSON.stringify(run.events) + run.stderr).not.toContain(SECRET);
  // Exit 1 of grep: nothing found.
  expect(() => execFileSync('grep', ['-rl', SECRET, project.root])).toThrow(expect.objectContaining({ status: 1 }));
  // Where the archive comes from is not what it contains: no key changes.
  await project.write('pets.yaml', source(', allow_private: true'));
  expect((await project.run('pets.yaml', 'ingest')).stage('ingest').state).toBe('fresh');
});

test.each(['AWS_SECRET_ACCESS_KEY', 'PIPELINE_SIGNING_KEY'])(
  'the variable %s is refused: a file of a stranger could send any secret to a server of its choice',
  async (variable) => {
    await project.write(
      'pets.yaml',
      pipelineText().replace(
        'source: pictures',
        `source: {url: "https://example.com/a.zip", size: 1, headers_env: {Authorization: ${variable}}}`,
      ),
    );
    const plan = await project.command('plan', 'pets.yaml');
    expect([plan.code, plan.stderr]).toEqual([2, expect.stringContaining(variable)]);
  },
);

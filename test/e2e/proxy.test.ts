/** A download through a proxy that wants a password, by the real command: the only way to a host that no name leads to. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { zipOf } from '../sources/packing.js';
import { certificate, ProxyServer, serveByTls } from '../sources/proxy-server.js';
import { pipelineText, Project } from './rig.js';

const URL_BEHIND = 'https://files.example.com/pets.zip';
let project: Project;
let proxy: ProxyServer;
beforeEach(async () => {
  project = await Project.create();
  proxy = await new ProxyServer().start();
  Object.assign(project.environment, { NODE_EXTRA_CA_CERTS: certificate, NO_PROXY: '', ALL_PROXY: '' });
});
afterEach(async () => {
  await proxy.stop();
  await project.remove();
});

test('images come through the proxy, which is named without its password', async () => {
  await project.addPets('pictures', 4);
  const names = ['cats', 'dogs'].flatMap((kind) => [1, 2, 3, 4].map((at) => `${kind}/${kind.slice(0, 3)}-00${at}.jpg`));
  const zip = zipOf(
    await Promise.all(
      names.map(async (name) => ({ name: `pets/${name}`, content: await readFile(project.path('pictures', name)) })),
    ),
  );
  const server = await serveByTls(zip);
  proxy.behavior = { to: server.port, credentials: 'me:secret' };
  await project.write(
    'pets.yaml',
    pipelineText().replace('source: pictures', `source: {url: "${URL_BEHIND}", size: ${zip.length}}`),
  );
  try {
    project.environment.HTTPS_PROXY = `http://me:wrong@${proxy.host}`;
    const refused = await project.command('run', 'pets.yaml', 'ingest');
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('the proxy answers 407')]);
    expect(refused.stderr).not.toContain('wrong');
    project.environment.HTTPS_PROXY = `http://me:secret@${proxy.host}`;
    const run = await project.run('pets.yaml', 'ingest');
    expect([run.code, run.stage('ingest').state]).toEqual([0, 'ran']);
    const notes = run.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
    expect(notes).toContain(
      `downloading ${URL_BEHIND} through the proxy http://${proxy.host}, which decides what can be reached`,
    );
    expect(JSON.stringify(run.events)).not.toContain('secret');
    expect(proxy.asked).toEqual(['files.example.com:443', 'files.example.com:443']);
  } finally {
    await server.stop();
  }
}, 60_000);

/** A package registry that has the packed archives of a folder, and sends what it lacks to the usual registry. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { execFileSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

interface Archive {
  readonly manifest: Manifest;
  readonly bytes: Buffer;
}

export interface Registry {
  readonly url: string;
  close(): void;
}

function archivesIn(folder: string): Map<string, Archive> {
  const archives = readdirSync(folder).map((file): [string, Archive] => {
    const path = join(folder, file);
    const text = execFileSync('tar', ['-xzOf', path, 'package/package.json'], { encoding: 'utf8' });
    const manifest = JSON.parse(text) as Manifest;
    return [manifest.name, { manifest, bytes: readFileSync(path) }];
  });
  return new Map(archives);
}

/** Starts it on a free port. */
export async function registryOf(folder: string): Promise<Registry> {
  const archives = archivesIn(folder);
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim().replace(/\/$/, '');
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    const name = path.slice(1).split('/-/')[0];
    const archive = archives.get(name);
    if (archive === undefined) return response.writeHead(302, { location: `${upstream}${request.url}` }).end();
    if (path.includes('/-/'))
      return response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(archive.bytes);
    const { manifest, bytes } = archive;
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const dist = { tarball: `${address()}/${name}/-/${name}-${manifest.version}.tgz`, integrity };
    const versions = { [manifest.version]: { ...manifest, dist } };
    const packument = { name, 'dist-tags': { latest: manifest.version }, versions };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(packument));
  });
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: address(), close: () => void server.close() };
}

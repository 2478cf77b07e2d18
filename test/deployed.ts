/** An exported model in a folder of its own, as someone deploys it: the code of its README, run as it is. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { hasPython, python } from './python.js';

const packages = join(process.cwd(), 'node_modules');

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Scores by class. */
export type Scores = Readonly<Record<string, number>>;

const files = { html: 'classify.html', js: 'classify.mjs', python: 'classify.py' } as const;

export class Deployed {
  private constructor(readonly folder: string) {}

  /** Copies an exported folder, and saves the code of its README under the names that the README gives. */
  static async from(exported: string): Promise<Deployed> {
    const deployed = new Deployed(await mkdtemp(join(tmpdir(), 'pipeline-deployed-')));
    await cp(exported, deployed.folder, { recursive: true });
    const readme = await readFile(deployed.path('README.md'), 'utf8');
    for (const [language, file] of Object.entries(files)) {
      const code = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(readme)?.[1];
      if (code !== undefined) await writeFile(deployed.path(file), code);
    }
    return deployed;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** What `npm install` of the packages would give. */
  async install(...names: string[]): Promise<void> {
    for (const name of names) {
      await mkdir(join(this.path('node_modules', name), '..'), { recursive: true });
      await symlink(join(packages, name), this.path('node_modules', name));
    }
  }

  node(...args: string[]): Promise<Finished> {
    return this.run(process.execPath, args);
  }

  python(...args: string[]): Promise<Finished> {
    return this.run(python, args);
  }

  private run(program: string, args: readonly string[]): Promise<Finished> {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    return new Promise((resolve) => {
      execFile(program, args, { cwd: this.folder, env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The scores that the code of a README printed for each image. */
export function printedScores({ code, stdout, stderr }: Finished): Scores[] {
  if (code !== 0) throw new Error(stderr);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Scores);
}

/** The largest difference of a score. */
export function largestDifference(found: readonly Scores[], expected: readonly Scores[]): number {
  if (found.length !== expected.length) throw new Error(`${found.length} rows of scores instead of ${expected.length}`);
  const differences = expected.flatMap((scores, row) =>
    Object.entries(scores).map(([name, score]) => Math.abs(found[row][name] - score)),
  );
  return differences.reduce((most, one) => Math.max(most, one), 0);
}

/** Chooses each image on the README's page and reads what it shows. */
export async function scoresOnPage(page: Page, images: readonly string[]): Promise<Scores[]> {
  const all: Scores[] = [];
  for (const image of images) {
    await page.locator('#scores').evaluate((output) => (output.textContent = ''));
    await page.setInputFiles('#file', image);
    await page.waitForFunction("document.getElementById('scores').textContent !== ''");
    all.push(JSON.parse((await page.textContent('#scores'))!) as Scores);
  }
  return all;
}

/** Answers requests to the CDN with the same files of node_modules; the versions have to be those that are installed. */
export async function replaceCdn(page: Page): Promise<void> {
  await page.route('https://cdn.jsdelivr.net/npm/**', async (route) => {
    const [, name, version, file] = /\/npm\/((?:@[^/]+\/)?[^/@]+)@([^/]+)\/(.*)$/.exec(route.request().url())!;
    const { version: installed } = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8'));
    if (installed !== version) throw new Error(`the page asks for ${name} ${version}, but ${installed} is installed`);
    const headers = { 'access-control-allow-origin': '*' };
    await route.fulfill({ path: join(packages, name, file), headers, contentType: types[extname(file)] });
  });
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

export interface StaticServer {
  readonly url: string;
  close(): void;
}

/** Serves the files of a folder as they are. */
export async function serveStatic(folder: string): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    readFile(join(folder, decodeURIComponent(pathname))).then(
      (bytes) => response.writeHead(200, { 'content-type': types[extname(pathname)] ?? 'text/plain' }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}

/** The server that the README of an exported model names, or without Python one like it. */
export async function serveAsReadme(folder: string): Promise<StaticServer> {
  if (!hasPython) return serveStatic(folder);
  const args = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1'];
  const child = spawn(python, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'error').then(([error]) => Promise.reject(error as Error)),
  ])) as [Buffer];
  const port = /port (\d+)/.exec(line.toString())![1];
  return { url: `http://127.0.0.1:${port}/`, close: () => void child.kill() };
}

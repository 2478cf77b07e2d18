/**
 * Makes the screenshots in docs/ from what the built tool shows: `npm run screenshots`. Needs Chromium at
 * /usr/bin/chromium, or where the variable CHROMIUM says.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'pipeline-screenshots-'));
const pipeline = (...args) =>
  execFileSync(process.execPath, [at('dist/cli.cjs'), ...args], { cwd: project, stdio: 'inherit' });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  pipeline('init');
  pipeline('run', 'pets.yaml');
  pipeline('report', '--out', 'report.html');
  const page = await browser.newPage({
    viewport: { width: 1120, height: 860 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
  });
  await page.goto(pathToFileURL(join(project, 'report.html')).href);
  await save(page, 'report.png', 64);
  await withServer(async (url) => {
    await page.setViewportSize({ width: 860, height: 820 });
    await page.goto(url);
    await page.getByText('Ready.').waitFor();
    await page.getByRole('button', { name: /^Example 2/ }).click();
    await page.getByText(', labeled ').waitFor();
    await save(page, 'serve.png', 128);
  });
} finally {
  await browser.close();
  rmSync(project, { recursive: true });
}

/** Few colors: a third of the bytes, and no difference to see. */
async function save(page, name, colors) {
  await sharp(await page.screenshot())
    .png({ palette: true, colors, effort: 10 })
    .toFile(at(`docs/${name}`));
}

/** Serves the exported model while a function uses its page. */
async function withServer(use) {
  const server = spawn(process.execPath, [at('dist/cli.cjs'), 'serve', '--port', '0'], { cwd: project });
  try {
    const url = await new Promise((resolve, reject) => {
      server.stderr.on('data', (text) => {
        const found = /http:\S+/.exec(String(text))?.[0];
        if (found !== undefined) resolve(found);
      });
      server.on('close', (code) => reject(new Error(`serve ended with ${code}`)));
    });
    await use(url);
  } finally {
    server.kill('SIGINT');
  }
}

/**
 * Makes the screenshots in docs/ from what the built tool shows: `npm run screenshots`. Needs Chromium at
 * /usr/bin/chromium, or where the variable CHROMIUM says.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'pipeline-screenshots-'));
const pipeline = (...args) =>
  execFileSync(process.execPath, [at('dist/cli.js'), ...args], { cwd: project, stdio: 'inherit' });

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
  // Few colors: a third of the bytes, and no difference to see.
  await sharp(await page.screenshot())
    .png({ palette: true, colors: 64, effort: 10 })
    .toFile(at('docs/report.png'));
} finally {
  await browser.close();
  rmSync(project, { recursive: true });
}

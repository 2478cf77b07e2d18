/** A real browser for pages: Debian's Chromium, or the one that CHROMIUM names, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium'].find(
  (path) => path !== undefined && existsSync(path),
);

/** A page that was opened, with all that it asked for and all that went wrong on it. */
export interface Opened {
  readonly page: Page;
  /** Addresses that were asked for beside the page's own; `data:` is nobody's. */
  readonly requests: readonly string[];
  /** Messages on the console, uncaught errors among them. */
  readonly messages: readonly string[];
}

const skipped = 'skipped: needs /usr/bin/chromium, or CHROMIUM=path';

/** `args` are flags beside those that it needs in containers. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}

/**
 * Collects what goes wrong on a page: messages on its console and uncaught errors. Chromium itself writes one where a page
 * asks for WebGPU and there is no graphics processor.
 */
export function collectMessages(page: Page, messages: string[]): void {
  page.on('console', (message) => {
    if (message.text() !== 'No available adapters.') messages.push(message.text());
  });
  page.on('pageerror', (error) => messages.push(String(error)));
}

/** `describe` if there is a Chromium; otherwise tests that are shown as skipped, with the reason. */
export function describeWithChromium(name: string, body: () => void): void {
  if (executablePath === undefined) describe.skip(`${name} (${skipped})`, body);
  else describe(name, body);
}

/** The same for one test about files. */
export function testWithChromium(
  name: string,
  body: (open: (file: string, options?: { width?: number; dark?: boolean }) => Promise<Opened>) => Promise<void>,
): void {
  if (executablePath === undefined) {
    test.skip(`${name} (${skipped})`, () => undefined);
    return;
  }
  test(name, async () => {
    const browser = await launchChromium();
    try {
      await body(async (file, { width = 1280, dark = false } = {}) => {
        const context = await browser.newContext({
          viewport: { width, height: 900 },
          colorScheme: dark ? 'dark' : 'light',
        });
        const page = await context.newPage();
        const requests: string[] = [];
        const messages: string[] = [];
        page.on('request', (request) => {
          if (!request.url().startsWith('data:') && request.url() !== `file://${file}`) requests.push(request.url());
        });
        collectMessages(page, messages);
        await page.goto(`file://${file}`);
        return { page, requests, messages };
      });
    } finally {
      await browser.close();
    }
  });
}

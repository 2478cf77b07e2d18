/** The page of `serve` in a browser, as a person uses it. */
import type { Browser, Page } from 'playwright-core';
import { collectMessages } from '../chromium.js';

export interface Shown {
  readonly status: string;
  readonly here: Record<string, number>;
  readonly tool: Record<string, number>;
}

/** Everything that pages asked for, and what went wrong on them. */
export interface Traffic {
  readonly asked: string[];
  readonly messages: string[];
}

/** Opens a page and waits until the model is loaded. */
export async function openPage(browser: Browser, url: string, { asked, messages }: Traffic): Promise<Page> {
  const opened = await browser.newPage();
  collectMessages(opened, messages);
  opened.on('request', (request) => asked.push(request.url()));
  await opened.goto(url);
  await statusAbout('Ready.', opened);
  return opened;
}

/** Asks the tool too, for every image. */
export async function compareOn(page: Page): Promise<void> {
  await page.getByText('Details', { exact: true }).click();
  await page.check('#compare');
}

/** The status line, once it contains this. */
export async function statusAbout(name: string, on: Page): Promise<string> {
  const status = on.getByRole('status').filter({ hasText: name });
  await status.waitFor();
  return (await status.textContent())!;
}

/** Chooses an image and waits for its scores. */
export async function showOn(on: Page, path: string): Promise<Shown> {
  await on.setInputFiles('#file', path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const status = await statusAbout(`${name}: `, on);
  const names = await on.locator('#rows th').allTextContents();
  const scoresBy = async (by: string): Promise<Record<string, number>> => {
    const cells = await on.locator(`#rows .${by}`).all();
    const scores = await Promise.all(cells.map((cell) => cell.getAttribute('data-score')));
    return Object.fromEntries(names.map((name, row) => [name, Number(scores[row])]));
  };
  return { status, here: await scoresBy('here'), tool: await scoresBy('tool') };
}

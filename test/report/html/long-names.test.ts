/** Names of 60 letters, many classes and many stages: in a browser, nothing is cut off, covered or wider than the page. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { RecordedNode } from '../../../src/core/run-record.js';
import { page as pageOf, type Report } from '../../../src/report/html/page.js';
import { testWithChromium } from '../../chromium.js';
import { isLong } from '../../reliability/scale.js';
import { reportOf } from './made-up.js';

/** Every other name has no blank to break at. */
function longNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    (index % 2 === 0 ? `acrocephalus_schoenobaenus_${index}_` : `sedge warbler ${index} of the `).padEnd(
      60,
      'reed_bed',
    ),
  );
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-page-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, report: Report): Promise<string> {
  const file = join(folder, `${name}.html`);
  await writeFile(file, pageOf(report));
  return file;
}

interface Region {
  /** Of its content, and of what is seen of it. */
  readonly content: number;
  readonly seen: number;
}

const regions = (page: Page): Promise<Record<string, Region>> =>
  page
    .getByRole('region')
    .evaluateAll((all) =>
      Object.fromEntries(
        all
          .filter((one) => one.classList.contains('scroll') && one.checkVisibility())
          .map((one) => [one.getAttribute('aria-label')!, { content: one.scrollWidth, seen: one.clientWidth }]),
      ),
    );

/** Texts that are wider than their box, which would be cut off or cover what is next to them. */
const overflowing = (page: Page): Promise<string[]> =>
  page
    .locator('main th, main td, main li, main dt, main dd, main p, main h1, main h2, main figcaption')
    .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent!));

test('long names, and many, are the numbers of rows above the columns of the matrix', () => {
  const heads = (report: Report): string[] => {
    const [, head] = /confusion[^>]*><caption>.*?<\/caption><thead>(.*?)<\/thead>/s.exec(pageOf(report))!;
    return [...head.matchAll(/<th scope="col"[^>]*>([^<]*)/g)].map(([, text]) => text);
  };
  expect(heads(reportOf(['cats', 'dogs'], 10))).toEqual(['cats', 'dogs', 'total']);
  expect(heads(reportOf(10, 10))).toEqual([...Array.from({ length: 10 }, (_, index) => `class-${index}`), 'total']);
  for (const names of [longNames(2), longNames(30), Array.from({ length: 30 }, (_, index) => `c${index}`)]) {
    expect(heads(reportOf(names, 60))).toEqual([...names.map((_, index) => String(index + 1)), 'total']);
    expect(pageOf(reportOf(names, 60))).toContain(`<th scope="row"><span class="number">2</span> ${names[1]}</th>`);
    expect(pageOf(reportOf(names, 60))).toContain(`<th scope="col" title="${names[1]}">2</th>`);
  }
});

testWithChromium('names of 60 letters hide no number', async (open) => {
  for (const count of isLong ? [2, 8, 30, 100] : [2, 8, 30])
    for (const width of [1280, 390]) {
      const { page } = await open(await write(`${count}`, reportOf(longNames(count), 300)), { width });
      expect([count, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([count, width]);
      expect([count, width, await overflowing(page)]).toEqual([count, width, []]);
      const found = await regions(page);
      if (width === 1280) {
        // All metrics at a glance; only a matrix of many columns is scrolled.
        const scrolled = Object.keys(found).filter((name) => found[name].content > found[name].seen);
        expect([count, scrolled]).toEqual([count, count < 30 ? [] : ['Confusion matrix']]);
      }
      // Where a table is scrolled, the names stay in view, and leave room for numbers beside them.
      for (const name of ['Confusion matrix', 'Metrics by class']) {
        const region = page.getByRole('region', { name });
        await region.evaluate((one) => (one.scrollLeft = 100_000));
        const outer = (await region.boundingBox())!;
        const head = (await region.locator('tbody th').first().boundingBox())!;
        expect(head.x).toBeCloseTo(outer.x, 0);
        expect(outer.width - head.width).toBeGreaterThan(90);
      }
      await page.close();
    }
});

testWithChromium('a graph of many stages side by side leaves the table its width', async (open) => {
  const report = reportOf(2, 10);
  const stages = Array.from({ length: 9 }, (_, index): RecordedNode => {
    const name = `train-with-a-rather-long-name-${index}`;
    return { name, kind: 'train', reads: { data: 'ingest' }, gates: [] };
  });
  const graph = [...report.run.graph, ...stages];
  const file = await write('graph', { ...report, run: { ...report.run, graph } });
  for (const width of [1280, 390]) {
    const { page } = await open(file, { width });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const { Stages: table, 'Stage graph': drawing } = await regions(page);
    expect(table.seen).toBe(drawing.seen);
    expect(table.seen).toBeGreaterThan(width * 0.75);
    // At its own size, not made too small to read.
    expect(drawing.content).toBeGreaterThan(9 * 158);
  }
});

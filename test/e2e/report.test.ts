/** pipeline report, by the real command, looked at in a real browser: true figures, no script, nothing fetched. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { testWithChromium } from '../chromium.js';
import { pipelineText, Project } from './rig.js';
import type { SingleMetrics } from '../../src/model/results.js';

const hostileClass = '<img src=x onerror=document.title=1>';
const hostileFile = `"><svg onload=document.title=2>'&amp;.jpg`;
const hostileYaml = '# </code></pre><script>document.title="owned"</script> &lt;b&gt;\n';

let project: Project;
let metrics: SingleMetrics;
const file = () => project.path('page.html');

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 24);
  await rename(project.path('pictures/cats'), project.path('pictures', hostileClass));
  const folder = project.path('pictures', hostileClass);
  for (const [index, name] of (await readdir(folder)).entries())
    await rename(join(folder, name), join(folder, `${index}${hostileFile}`));
  await project.write('pets.yaml', hostileYaml + pipelineText());
  // Badly trained, so that there are mistakes.
  expect(
    (
      await project.run(
        'pets.yaml',
        '--set',
        'stages.train.epochs=2',
        '--set',
        'stages.train.optimizer.adam.learning_rate=1e-7',
      )
    ).code,
  ).toBe(0);
  metrics = JSON.parse(await project.read('.pipeline/out/pets/evaluate/metrics.json')) as SingleMetrics;
  expect((await project.command('report', '--out', 'page.html')).code).toBe(0);
});
afterAll(() => project.remove());

describe('the page', () => {
  testWithChromium('has the very figures of metrics.json', async (open) => {
    const { page } = await open(file());
    const values = (selector: string) =>
      page.locator(`${selector} data`).evaluateAll((all) => all.map((one) => Number(one.getAttribute('value'))));
    const ranges = metrics.intervals!;
    expect(await values('.cards')).toEqual([
      metrics.accuracy,
      ...ranges.accuracy,
      metrics.loss,
      ...ranges.loss!,
      metrics.macro_f1,
      ...ranges.macro_f1!,
      metrics.roc_auc,
      ...ranges.roc_auc!,
      metrics.samples,
    ]);
    const matrix = metrics.confusion.flatMap((row) => [...row, row.reduce((sum, count) => sum + count, 0)]);
    expect(await values('.confusion tbody')).toEqual(matrix);
    const classes = page.getByRole('region', { name: 'Metrics by class' }).locator('tbody tr');
    const rows = await classes.evaluateAll((all) =>
      all.map((row) => [
        row.querySelector('th')!.textContent,
        ...[...row.querySelectorAll('data')].map((one) => Number(one.getAttribute('value'))),
      ]),
    );
    expect(rows).toEqual(
      metrics.classes.map((name) => {
        const { precision, recall, f1, roc_auc: area, support } = metrics.per_class[name];
        const of = ranges.per_class[name];
        return [
          name,
          ...[precision, ...of.precision, recall, ...of.recall, f1, ...(of.f1 ?? [])],
          area,
          ...of.roc_auc!,
          support,
        ];
      }),
    );
    const state = JSON.parse(await project.read('.pipeline/state/pets.json')) as {
      stages: Record<string, { key: string; outputs: Record<string, { digest: string }> }>;
    };
    const { digest } = state.stages.train.outputs.history;
    const history = JSON.parse(await project.read(`.pipeline/cache/v1/blobs/${digest.slice(0, 2)}/${digest}`)) as {
      epochs: Record<string, number>[];
    };
    await page.locator('summary', { hasText: 'Loss' }).click();
    expect(await values('table:has(caption:text("Loss by epoch")) tbody')).toEqual(
      history.epochs.flatMap(({ loss, val_loss }) => [loss, val_loss]),
    );
    await page.locator('summary', { hasText: 'Action keys' }).click();
    expect(await page.getByText(state.stages.train.key).count()).toBe(1);
  });

  testWithChromium('shows the mistakes as pictures with the scores of predictions.csv', async (open) => {
    const { page } = await open(file());
    const wrong = (await project.read('.pipeline/out/pets/evaluate/predictions.csv'))
      .trim()
      .split('\n')
      .slice(1)
      .filter((row) => {
        const [, truth, predicted] = /,([^,]+),([^,]+),[^,]+$/.exec(row)!;
        return truth !== predicted;
      });
    expect(wrong.length).toBeGreaterThan(1);
    const items = page.locator('.pictures li:has(.tag.wrong)');
    expect(await items.count()).toBe(wrong.length);
    const scores = await items.evaluateAll((all) =>
      all.map((one) => Number(one.querySelector('data')!.getAttribute('value')).toFixed(6)),
    );
    expect([...scores].sort()).toEqual(wrong.map((row) => row.slice(row.lastIndexOf(',') + 1)).sort());
    // Worst first: the most confident mistakes.
    expect([...scores].sort().reverse()).toEqual(scores);
    const widths = await page
      .locator('.pictures img')
      .evaluateAll((all) => all.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth));
    expect(widths.length).toBeGreaterThanOrEqual(wrong.length);
    for (const width of widths) expect(width).toBeGreaterThan(0);
  });

  testWithChromium(
    'runs nothing that a name holds, fetches nothing, and has no errors, light, dark and on a phone',
    async (open) => {
      for (const options of [{}, { dark: true }, { width: 390 }]) {
        const { page, requests, messages } = await open(file(), options);
        expect([requests, messages]).toEqual([[], []]);
        expect(await page.title()).toMatch(/^pets, run \d/);
        expect(await page.locator('script, svg[onload], img[onerror], [style], a:not([href^="#"])').count()).toBe(0);
        expect(await page.getByRole('rowheader', { name: hostileClass, exact: true }).count()).toBeGreaterThan(0);
        expect(await page.locator('.file').allTextContents()).toContainEqual(expect.stringContaining(hostileFile));
        expect(await page.locator('pre').textContent()).toBe(await project.read('pets.yaml'));
        const [wide, room] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, window.innerWidth]',
        );
        expect(wide).toBeLessThanOrEqual(room);
        const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
        expect(background).toBe('dark' in options ? 'rgb(21, 23, 26)' : 'rgb(251, 250, 248)');
      }
    },
  );

  testWithChromium('hides no column of the stages, and no figure of an axis below its title', async (open) => {
    for (const width of [1280, 1000, 500, 360]) {
      const { page } = await open(file(), { width });
      const [wide, room] = await page
        .locator('.scroll[aria-label="Stages"]')
        .evaluate((region) => [region.scrollWidth, region.clientWidth]);
      if (width >= 500) expect([width, wide]).toEqual([width, room]);
      const gaps = await page.locator('svg.chart').evaluateAll((charts) =>
        charts.map((chart) => {
          const title = chart.querySelector('text.label[transform]')!.getBoundingClientRect();
          return (
            Math.min(
              ...[...chart.querySelectorAll('text[text-anchor="end"]')].map(
                (figure) => figure.getBoundingClientRect().left,
              ),
            ) - title.right
          );
        }),
      );
      expect(gaps.length).toBeGreaterThan(1);
      for (const gap of gaps) expect(gap).toBeGreaterThan(2);
    }
  });

  testWithChromium('can be used by keyboard and by those who do not see it', async (open) => {
    const { page } = await open(file());
    expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['pets']);
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'Not better than guessing',
      'Results',
      'Training',
      'Mistakes',
      'Stages',
      'Data',
      'Provenance',
      'Pipeline file',
    ]);
    for (const figure of await page.locator('figure > svg').all())
      expect((await figure.getAttribute('aria-label'))!.length).toBeGreaterThan(20);
    expect(await page.locator('img:not([alt])').count()).toBe(0);
    expect(await page.locator('table:not(:has(caption))').count()).toBe(0);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(page.url()).toMatch(/#s1$/);
    const unreachable = await page
      .locator('.scroll, pre')
      .evaluateAll(
        (all) => all.filter((one) => one.getAttribute('tabindex') !== '0' || !one.getAttribute('aria-label')).length,
      );
    expect(unreachable).toBe(0);
  });

  test('names what was set for the run, and the versions', async () => {
    const page = await readFile(file(), 'utf8');
    expect(page).toContain('<code>--set stages.train.epochs=2</code>');
    expect(page).toContain(`${process.version} on ${process.platform}-${process.arch}`);
    expect(page).toMatch(/sharp, \d+\.\d+\.\d+/);
  });
});

test('takes the place of an earlier report, and of nothing else', async () => {
  await project.write('mine.html', '<!doctype html>\n<p>mine');
  for (const [name, found] of [
    ['pets.yaml', 'already exists and is not a report'],
    ['mine.html', 'already exists and is not a report'],
    ['pictures', 'is a folder'],
  ]) {
    const before = name === 'pictures' ? '' : await project.read(name);
    const { code, stderr } = await project.command('report', '--out', name);
    expect([name, code, stderr]).toEqual([name, 2, expect.stringContaining(`${name}: ${found}`)]);
    if (name !== 'pictures') expect(await project.read(name)).toBe(before);
  }
  expect((await project.command('report', '--out', 'page.html')).code).toBe(0);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('--open hands the absolute path to the browser, and a browser that fails fails nothing', async () => {
  await project.write('browser.sh', `#!/bin/sh\nprintf %s "$1" > "${project.path('opened')}"\n`);
  await chmod(project.path('browser.sh'), 0o755);
  project.environment.BROWSER = project.path('browser.sh');
  const { code, stderr } = await project.command('report', '--out', 'page.html', '--open');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^wrote the report of pets, run .*, to page\.html\n$/)]);
  // The launcher of the desktop runs on by itself.
  for (let waited = 0; waited < 100 && !existsSync(project.path('opened')); waited++) await setTimeout(100);
  expect(await project.read('opened')).toBe(file());
  project.environment.BROWSER = '/nowhere';
  expect((await project.command('report', '--out', 'page.html', '--open')).code).toBe(0);
  delete project.environment.BROWSER;
});

describe('what is not there any more', () => {
  test('an image whose file changed or is gone is reported and not shown', async () => {
    const folder = project.path('pictures', 'dogs');
    const names = await readdir(folder);
    for (const [index, name] of names.entries())
      await (index % 2 === 0 ? rm(join(folder, name)) : writeFile(join(folder, name), 'x'));
    for (const name of await readdir(project.path('pictures', hostileClass)))
      await rm(project.path('pictures', hostileClass, name));
    await project.command('report', '--out', 'page.html');
    const page = await readFile(file(), 'utf8');
    expect(page).not.toContain('data:image/webp');
    expect(page).toContain('the image file no longer exists');
  });

  test('results that the cache forgot are named with the way to get them back; the figures that the record has stay', async () => {
    await rm(project.path('.pipeline/cache'), { recursive: true });
    expect((await project.command('report', '--out', 'page.html')).code).toBe(0);
    const page = await readFile(file(), 'utf8');
    for (const what of ['The rest of this evaluation', 'The training history', 'The data summary']) {
      expect(page).toContain(
        `${what} is no longer in the cache. Run <code>pipeline run pets.yaml</code> to recompute it`,
      );
    }
    expect(page).toContain(`<dt>accuracy</dt><dd><data value="${metrics.accuracy}">`);
    expect(page).not.toContain('Confusion matrix');
  });
});

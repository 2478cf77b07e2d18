import { describe, expect, test } from '@jest/globals';
import type { RunEvent, TaskProgress } from '../../src/core/event.js';
import { terminalReporter, type Reporter } from '../../src/report/terminal.js';
import { FakeTerminal } from './screen.js';

const stages = ['ingest', 'load-base', 'train'];

class Scene {
  time = 0;
  plain = '';

  private constructor(readonly terminal: FakeTerminal | undefined) {}
  private reporter!: Reporter;

  static async open(columns?: number, names = stages): Promise<Scene> {
    const scene = new Scene(columns === undefined ? undefined : new FakeTerminal(columns));
    const options = {
      write: (text: string) => (scene.plain += text),
      screen: scene.terminal,
      color: false,
      width: () => scene.terminal?.columns ?? 100,
      cwd: '/',
      stages: names,
    };
    scene.reporter = await terminalReporter(options, () => scene.time);
    return scene;
  }

  /** Shows an event so many milliseconds after the one before. */
  show(event: RunEvent, after = 200): void {
    this.time += after;
    this.reporter.show(event);
  }

  start(name: string): void {
    this.show({ event: 'stage-start', name, kind: 'train', reason: 'first run' });
  }

  progress(stage: string, task: TaskProgress['task'], done: number, total: number | undefined, after = 500): void {
    const unit = task === 'download' || task === 'unpack' ? 'bytes' : 'pictures';
    this.show({ event: 'progress', stage, task, unit, done, total }, after);
  }

  end(name: string, reason = 'first run', durationMs = 5200): void {
    this.show({ event: 'stage', name, kind: 'train', state: 'ran', reason, durationMs });
  }

  close(): void {
    this.reporter.close();
  }
}

test('a stage that failed does not repeat the sentence of its problem; without one, its reason is shown', async () => {
  const scene = await Scene.open();
  const failed = (name: string) =>
    scene.show({ event: 'stage', name, kind: 'train', state: 'failed', reason: 'is far away', durationMs: 1 });
  scene.show({ event: 'problem', stage: 'load-base', problem: { code: 'x', found: 'is far away' } });
  failed('load-base');
  failed('train');
  expect(scene.plain.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'is far away',
    '✘ load-base | failed | 1 ms | see above',
    '✘ train | failed | 1 ms | is far away',
    '',
  ]);
});

describe('on a terminal', () => {
  test('two stages at once are both shown, with rates and time left after the first moment', async () => {
    const scene = await Scene.open(80);
    scene.start('ingest');
    scene.start('load-base');
    scene.progress('ingest', 'download', 1_000_000, 9_000_000);
    scene.progress('load-base', 'unpack', 500_000, 1_000_000);
    expect(await scene.terminal!.lines()).toEqual([
      '▸ ingest     download  █░░░░░░░░░  1.0/9.0 MB',
      '▸ load-base  unpack  █████░░░░░  0.5/1.0 MB',
      '0 of 3 stages done, 1 to go  0:02',
    ]);
    scene.progress('ingest', 'download', 3_000_000, 9_000_000, 1500);
    expect((await scene.terminal!.lines())[0]).toBe(
      '▸ ingest     download  ███░░░░░░░  3.0/9.0 MB  1.0 MB/s  0:06 left',
    );
    scene.close();
  });

  test('a row that comes in between moves those below it', async () => {
    const scene = await Scene.open(80);
    scene.start('train');
    scene.show({ event: 'epoch', stage: 'train', epoch: 1, epochs: 4, metrics: { loss: 0.5 } });
    scene.progress('train', 'extract', 10, 100, 150);
    const footer = '0 of 3 stages done, 2 to go  0:01';
    expect(await scene.terminal!.lines()).toEqual([
      '▸ train      epoch 2/4  loss 0.5000',
      '             extract  █░░░░░░░░░  10/100 images',
      footer,
    ]);
    scene.progress('train', 'extract', 100, 100, 150);
    expect(await scene.terminal!.lines()).toEqual(['▸ train      epoch 2/4  loss 0.5000', footer]);
    scene.close();
  });

  test('a line that ends a stage stays above what moves, and closing leaves nothing else', async () => {
    const scene = await Scene.open(80);
    scene.start('ingest');
    scene.start('load-base');
    scene.end('ingest');
    expect(await scene.terminal!.lines()).toEqual([
      '✔ ingest     ran         5.2 s  first run',
      '▸ load-base  first run',
      '1 of 3 stages done, 1 to go  0:01',
    ]);
    scene.close();
    expect(await scene.terminal!.lines()).toEqual(['✔ ingest     ran         5.2 s  first run']);
  });

  test('training shows the epoch and its metrics, and extraction below; early ends show the last epoch', async () => {
    const scene = await Scene.open(100);
    scene.start('train');
    scene.progress('train', 'train', 100, 1600);
    scene.show({ event: 'epoch', stage: 'train', epoch: 1, epochs: 16, metrics: { loss: 0.5, accuracy: 0.75 } });
    scene.progress('train', 'extract', 10, 100);
    scene.progress('train', 'extract', 40, 100, 2000);
    expect(await scene.terminal!.lines()).toEqual([
      '▸ train      epoch 2/16  ░░░░░░░░░░  loss 0.5000 acc 0.7500',
      '             extract  ████░░░░░░  40/100 images  15/s  0:04 left',
      '0 of 3 stages done, 2 to go  0:04',
    ]);
    scene.end('train');
    scene.close();
    expect(await scene.terminal!.lines()).toEqual([
      '  train      epoch 1/16 loss 0.5000 acc 0.7500',
      '✔ train      ran         5.2 s  first run',
    ]);
  });

  test.each([40, 80, 200])('at %i columns every moving line fits, whatever is in the names', async (columns) => {
    const names = ['猫と犬の写真を集める段階の名前', 'train@units-64,rate-0.001,optimizer-adam'];
    const scene = await Scene.open(columns, names);
    for (const name of names) scene.start(name);
    for (let i = 1; i <= 4; i++) for (const name of names) scene.progress(name, 'extract', i * 1000, 123_456);
    scene.show({
      event: 'epoch',
      stage: names[1],
      epoch: 3,
      epochs: 160,
      metrics: { loss: 0.1, accuracy: 0.9, val_loss: 0.2, val_accuracy: 0.8 },
    });
    scene.progress(names[1], 'train', 5000, 1_000_000);
    const lines = await scene.terminal!.lines();
    // Two rows for the one, one for the other, one for the run: none was broken in two.
    expect(lines.map((line) => line.slice(0, 1))).toEqual(['▸', '▸', ' ', '0']);
    scene.close();
    expect(await scene.terminal!.lines()).toEqual([]);
  });

  test('a terminal that is made narrower is left clean', async () => {
    const scene = await Scene.open(120);
    scene.start('ingest');
    scene.start('train');
    scene.end('ingest');
    for (let i = 1; i <= 4; i++) scene.progress('train', 'extract', i * 1000, 123_456);
    await scene.terminal!.resize(50);
    scene.progress('train', 'extract', 5000, 123_456);
    expect(await scene.terminal!.lines()).toEqual([
      '✔ ingest     ran         5.2 s  first run',
      expect.stringMatching(/^▸ train {6}extract/),
      '1 of 3 stages done, 1 to go  0:04',
    ]);
    scene.close();
    expect(await scene.terminal!.lines()).toEqual(['✔ ingest     ran         5.2 s  first run']);
  });

  test('long reasons continue under themselves', async () => {
    const scene = await Scene.open(40);
    scene.start('train');
    scene.end('train', 'the augmentation changed, the model changed and 2 more');
    scene.close();
    expect(await scene.terminal!.lines()).toEqual([
      '✔ train      ran         5.2 s  the',
      '             augmentation changed, the',
      '             model changed and 2 more',
    ]);
  });

  test('no name, note or reason moves the cursor or rings', async () => {
    const scene = await Scene.open(80);
    const evil = 'a\u001b]0;x\u0007\u009b2Jb';
    scene.start('train');
    scene.show({ event: 'stage-start', name: 'ingest', kind: 'ingest', reason: evil });
    scene.show({ event: 'note', stage: 'train', code: 'x', text: evil });
    scene.end('train', evil);
    expect((await scene.terminal!.lines()).filter((line) => line.includes('a?]0;x??2Jb'))).toHaveLength(3);
    expect(scene.terminal!.writes.join('')).not.toMatch(/\u001b\]|\u0007|\u009b/);
    scene.close();
  });

  test('what stays may be higher than the terminal', async () => {
    const scene = await Scene.open(80);
    scene.start('train');
    const expected = Array.from({ length: 60 }, (_, i) => `line ${i}`).join('\n');
    scene.show({
      event: 'problem',
      stage: 'train',
      problem: { code: 'x', where: 'train', found: 'is wrong', expected },
    });
    scene.close();
    const lines = await scene.terminal!.lines();
    expect([lines.length, lines[0], lines[1], lines.at(-1)]).toEqual([
      61,
      'train: is wrong',
      '  expected: line 0',
      '            line 59',
    ]);
  });

  test('a terminal that reports no size counts as one of the usual size', async () => {
    const scene = await Scene.open(80);
    Object.assign(scene.terminal!, { columns: 0, rows: 0 });
    scene.start('train');
    scene.end('ingest');
    expect((await scene.terminal!.lines()).map((line) => line.slice(0, 1))).toEqual(['✔', '▸', '1']);
    scene.close();
  });

  test('what changes is written at most ten times per second, in one go', async () => {
    const scene = await Scene.open(80);
    scene.start('train');
    const before = scene.terminal!.writes.length;
    for (let i = 1; i <= 100; i++) scene.progress('train', 'extract', i, 1000, 10);
    // A second has passed in a hundred steps; the timer of the real clock may draw once more.
    const writes = scene.terminal!.writes.length - before;
    expect(writes).toBeGreaterThan(5);
    expect(writes).toBeLessThanOrEqual(12);
    scene.close();
  });
});

describe('elsewhere', () => {
  test('plain lines: epochs and ends, and a task every ten seconds', async () => {
    const scene = await Scene.open();
    scene.start('train');
    scene.progress('train', 'extract', 0, 4000);
    for (let second = 1; second <= 21; second++) scene.progress('train', 'extract', second * 100, 4000, 1000);
    scene.show({ event: 'epoch', stage: 'train', epoch: 1, epochs: 2, metrics: { loss: 0.5 } });
    scene.end('train');
    expect(scene.plain.split('\n')).toEqual([
      '▸ train      extract 1,000/4,000 images, 100/s, 0:30 left',
      '▸ train      extract 2,000/4,000 images, 100/s, 0:20 left',
      '  train      epoch 1/2 loss 0.5000',
      '✔ train      ran         5.2 s  first run',
      '',
    ]);
  });

  test('an interruption is only shown by the stage, other problems in full', async () => {
    const scene = await Scene.open();
    scene.show({
      event: 'problem',
      stage: 'train',
      problem: { code: 'interrupted', where: 'train', found: 'interrupted' },
    });
    scene.show({
      event: 'problem',
      stage: 'train',
      problem: { code: 'io-enospc', where: 'train', found: 'the disk is full' },
    });
    expect(scene.plain).toBe('train: the disk is full\n');
  });
});

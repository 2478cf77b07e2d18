/** The running stages as live lines. Pure: events and times in, text out. */
import type { EpochMetrics, RunEvent, TaskProgress } from '../core/event.js';
import { column, columnsOf } from './text-width.js';
import { Pace } from './pace.js';
import { painter, type Paint } from './style.js';
import { taskWords } from './task.js';
import { clock, printable } from './words.js';

type Epoch = Extract<RunEvent, { event: 'epoch' }>;

interface Task {
  readonly progress: TaskProgress;
  readonly pace: Pace;
}

interface Running {
  readonly reason: string;
  readonly started: number;
  /** Tasks in progress. */
  readonly tasks: Map<TaskProgress['task'], Task>;
  epoch?: Epoch;
}

/** A part of a line; if room is short, those of the highest rank are dropped first. */
interface Part {
  readonly text: string;
  readonly rank: number;
}

export class Board {
  private readonly running = new Map<string, Running>();
  private ended = 0;
  private readonly started: number;
  private readonly paint: Paint;

  /** `stages` is the number of stages in the run. */
  constructor(
    private readonly options: { readonly color: boolean; readonly nameWidth: number; readonly stages: number },
    now: number,
  ) {
    this.started = now;
    this.paint = painter(options.color);
  }

  /** Applies an event at a time in milliseconds. */
  apply(event: RunEvent, now: number): void {
    if (event.event === 'stage-start') {
      this.running.set(event.name, { reason: printable(event.reason), started: now, tasks: new Map() });
    } else if (event.event === 'stage') {
      this.running.delete(event.name);
      this.ended++;
    } else if (event.event === 'progress') {
      this.progress(event, now);
    } else if (event.event === 'epoch') {
      const stage = this.running.get(event.stage);
      if (stage !== undefined) stage.epoch = event;
    }
  }

  private progress(event: TaskProgress & { readonly stage: string }, now: number): void {
    const tasks = this.running.get(event.stage)?.tasks;
    if (tasks === undefined) return;
    if (event.done === event.total) {
      tasks.delete(event.task);
      return;
    }
    if (event.task === 'extract') tasks.get('train')?.pace.forget();
    const pace = tasks.get(event.task)?.pace ?? new Pace();
    pace.mark(event.done, now);
    tasks.set(event.task, { progress: event, pace });
  }

  /** One or two lines per running stage and one for the run; none if nothing runs. Each fits the columns. */
  lines(now: number, columns: number): string[] {
    if (this.running.size === 0) return [];
    const rows = [...this.running].flatMap(([name, stage]) => this.stageLines(name, stage, now, columns));
    const { stages } = this.options;
    const waiting = stages - this.ended - this.running.size;
    const total = `${this.ended} of ${stages} stages done${waiting > 0 ? `, ${waiting} to go` : ''}  ${clock((now - this.started) / 1000)}`;
    return stages === 1 ? rows : [...rows, this.paint('dim', column(total, columns).trimEnd())];
  }

  private stageLines(name: string, stage: Running, now: number, columns: number): string[] {
    const texts: string[] = [];
    const room = columns - this.options.nameWidth - 4;
    const training = stage.tasks.get('train');
    if (stage.epoch !== undefined || training !== undefined) texts.push(this.training(stage, training, now, room));
    for (const [task, { progress, pace }] of stage.tasks) {
      if (task !== 'train') texts.push(this.task(task, progress, pace.rate(now), room));
    }
    if (texts.length === 0) {
      const seconds = (now - stage.started) / 1000;
      texts.push(
        fitted(
          [
            { text: stage.reason, rank: 0 },
            { text: seconds < 1 ? '' : clock(Math.floor(seconds)), rank: 1 },
          ],
          room,
        ),
      );
    }
    return texts.map((text, index) => {
      const shown = index === 0 ? name : '';
      return `${index === 0 ? this.paint('cyan', '▸') : ' '} ${column(shown, this.options.nameWidth)}  ${text}`;
    });
  }

  /** The current epoch, the progress of all epochs, and the metrics of the last finished one. */
  private training({ epoch }: Running, training: Task | undefined, now: number, room: number): string {
    const title = epoch === undefined ? 'epoch 1' : `epoch ${Math.min(epoch.epoch + 1, epoch.epochs)}/${epoch.epochs}`;
    const words = training === undefined ? undefined : taskWords(training.progress, training.pace.rate(now));
    const metrics = epoch === undefined ? '' : metricsText(epoch.metrics);
    return this.line(
      title,
      training?.progress,
      [
        { text: words?.rate ?? '', rank: 4 },
        { text: words?.left ?? '', rank: 2 },
        { text: metrics, rank: 1 },
      ],
      room,
    );
  }

  private task(title: string, progress: TaskProgress, rate: number | undefined, room: number): string {
    const { amount, rate: speed, left } = taskWords(progress, rate);
    return this.line(
      title,
      progress,
      [
        { text: amount, rank: 1 },
        { text: speed, rank: 4 },
        { text: left, rank: 2 },
      ],
      room,
    );
  }

  private line(title: string, progress: TaskProgress | undefined, parts: readonly Part[], room: number): string {
    const share =
      progress?.total === undefined || progress.total === 0 ? undefined : Math.min(1, progress.done / progress.total);
    const bar = share === undefined ? '' : barOf(share, room >= 100 ? 24 : 10);
    return fitted([{ text: title, rank: 0 }, { text: bar, rank: 3 }, ...parts], room, (text) =>
      text === bar ? this.paint('cyan', bar) : text,
    );
  }
}

/** Joins the parts that fit, in order; parts of the lowest rank are chosen first. */
function fitted(parts: readonly Part[], room: number, paint: (text: string) => string = (text) => text): string {
  const kept = new Set<Part>();
  let width = -2;
  for (const part of [...parts].sort((a, b) => a.rank - b.rank)) {
    const more = columnsOf(part.text) + 2;
    if (part.text === '' || (kept.size > 0 && width + more > room)) continue;
    kept.add(part);
    width += more;
  }
  return parts
    .filter((part) => kept.has(part))
    .map(({ text }) => (columnsOf(text) > room ? column(text, Math.max(1, room)) : paint(text)))
    .join('  ');
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `loss 0.1353 acc 0.9509 val_loss 0.0358 val_acc 1.0000`: short enough for 80 columns. */
export function metricsText(metrics: EpochMetrics): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name.replace('accuracy', 'acc')} ${value.toFixed(4)}`)
    .join(' ');
}

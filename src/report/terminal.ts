/** A run as people read it, on stderr: one line for each thing that happened, and a moving line on a terminal. */
import type { EpochMetrics, RunEvent, StageState, StageSummary } from '../core/event.js';
import type { Problem } from '../core/problem.js';
import { formatProblems, type Severity } from './problems.js';
import { painter, type Paint, type Style } from './style.js';
import { count, duration, megabytes } from './words.js';

export interface TerminalOptions {
  readonly write: (text: string) => void;
  readonly color: boolean;
  readonly width: number;
  /** Whether a line can be written over. */
  readonly interactive: boolean;
  readonly cwd: string;
  /** Names of the stages, to line them up. */
  readonly stages: readonly string[];
}

const marks: Readonly<Record<StageState, readonly [string, Style]>> = {
  ran: ['✔', 'green'],
  restored: ['↺', 'cyan'],
  fresh: ['·', 'dim'],
  failed: ['✘', 'red'],
  skipped: ['-', 'dim'],
};

/** Between two lines about the same task where lines cannot be written over. */
const PLAIN_INTERVAL_MS = 10_000;

/** Makes a listener for the events of a run. */
export function terminalReporter(options: TerminalOptions): (event: RunEvent) => void {
  return new Terminal(options).show;
}

class Terminal {
  private readonly paint: Paint;
  private readonly nameWidth: number;
  private moving = false;
  private lastProgress = { task: '', at: 0 };

  constructor(private readonly options: TerminalOptions) {
    this.paint = painter(options.color);
    this.nameWidth = Math.max(4, ...options.stages.map((name) => name.length));
  }

  readonly show = (event: RunEvent): void => {
    switch (event.event) {
      case 'stage-start':
        return this.overwrite(this.row('▸', 'cyan', event.name, event.reason));
      case 'progress':
        return this.progress(event);
      case 'epoch': {
        const rate = event.learningRate === undefined ? '' : ` lr ${rounded(event.learningRate)}`;
        const text = `epoch ${event.epoch}/${event.epochs} ${figures(event.metrics)}${rate}`;
        const last = event.epoch === event.epochs;
        return last || !this.options.interactive ? this.line(this.row(' ', 'dim', event.stage, text)) : this.overwrite(this.row('▸', 'cyan', event.stage, text));
      }
      case 'note':
        return this.line(this.row(' ', 'dim', event.stage ?? '', event.text));
      case 'stage':
        return this.line(this.stageRow(event));
      case 'warning':
        return this.problem(event.problem, 'warning');
      case 'problem':
        return this.problem(event.problem, 'error');
      case 'run':
        return this.overwrite('');
    }
  };

  private stageRow(stage: StageSummary): string {
    const [mark, style] = marks[stage.state];
    const features = stage.features === undefined ? '' : `  ${count(stage.features.extracted, 'picture')} extracted, ${stage.features.reused.toLocaleString('en-US')} reused`;
    const time = stage.state === 'ran' ? duration(stage.durationMs).padStart(8) : ' '.repeat(8);
    return this.row(mark, style, stage.name, `${this.paint(style, stage.state.padEnd(8))} ${time}  ${stage.reason}${this.paint('dim', features)}`);
  }

  private progress({ stage, task, done, total }: Extract<RunEvent, { event: 'progress' }>): void {
    const figures = task === 'download' ? `${megabytes(done)}/${megabytes(total)} MB` : `${done.toLocaleString('en-US')}/${total.toLocaleString('en-US')}`;
    const text = this.row('▸', 'cyan', stage, `${task} ${figures}`);
    if (this.options.interactive) return this.overwrite(text);
    const now = performance.now();
    const key = `${stage}/${task}`;
    if (this.lastProgress.task !== key) this.lastProgress = { task: key, at: now };
    if (now - this.lastProgress.at < PLAIN_INTERVAL_MS) return;
    this.lastProgress = { task: key, at: now };
    this.line(text);
  }

  private problem(problem: Problem, severity: Severity): void {
    const { color, width, cwd } = this.options;
    this.line(formatProblems([problem], { color, width, cwd }, severity));
  }

  private row(mark: string, style: Style, name: string, text: string): string {
    return `${this.paint(style, mark)} ${name.padEnd(this.nameWidth)}  ${text}`;
  }

  private line(text: string): void {
    this.options.write(`${this.clear()}${text}\n`);
  }

  /** Shows a line that the next one replaces; nothing where that is not possible. */
  private overwrite(text: string): void {
    if (!this.options.interactive) return;
    this.options.write(`${this.clear()}${fit(text, this.options.width - 1)}`);
    this.moving = text !== '';
  }

  private clear(): string {
    const clear = this.moving ? '\r\x1b[K' : '';
    this.moving = false;
    return clear;
  }
}

/** Cuts a line to the terminal's width, not counting colours, so that it can be written over. */
function fit(text: string, width: number): string {
  let shown = 0;
  return text.replace(/(\x1b\[[0-9;]*m)|([\s\S])/gu, (_, color: string | undefined, character: string | undefined) => color ?? (shown++ < width ? character! : ''));
}

/** `0.001`, `3.3e-5`. */
function rounded(rate: number): string {
  return rate > 0 && rate < 0.001 ? rate.toExponential(1) : String(Number(rate.toPrecision(2)));
}

/** Short enough for 80 columns. */
function figures(metrics: EpochMetrics): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name.replace('accuracy', 'acc')} ${value.toFixed(4)}`)
    .join(' ');
}

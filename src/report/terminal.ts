/** A run as people read it, on stderr: a line for each thing that happened, and on a terminal what is under way below them. */
import type { RunEvent, StageState, StageSummary } from '../core/event.js';
import type { Problem } from '../core/problem.js';
import { Board, figuresOf } from './board.js';
import { column, columnsOf } from './text-width.js';
import type { LiveRegion, Screen } from './live-region.js';
import { Pace } from './pace.js';
import { formatProblems, type Severity } from './problems.js';
import { painter, type Paint, type Style } from './style.js';
import { taskWords } from './task.js';
import { count, duration, printable } from './words.js';

export interface TerminalOptions {
  readonly write: (text: string) => void;
  /** The terminal, where lines can be drawn over. */
  readonly screen?: Screen;
  readonly color: boolean;
  readonly width: () => number;
  readonly cwd: string;
  /** Names of the stages of the run, to line them up. */
  readonly stages: readonly string[];
}

export interface Reporter {
  readonly show: (event: RunEvent) => void;
  /** Takes away what moves; called at the end, however it comes about. */
  readonly close: () => void;
}

const marks: Readonly<Record<StageState, readonly [string, Style]>> = {
  ran: ['✔', 'green'],
  restored: ['↺', 'cyan'],
  fresh: ['·', 'dim'],
  failed: ['✘', 'red'],
  interrupted: ['■', 'yellow'],
  skipped: ['-', 'dim'],
};

/** Between two lines about the same task where lines cannot be drawn over. */
const PLAIN_INTERVAL_MS = 10_000;

/** Makes a listener for the events of a run; `now` gives milliseconds. */
export async function terminalReporter(
  options: TerminalOptions,
  now: () => number = () => performance.now(),
): Promise<Reporter> {
  const { screen } = options;
  const board = new Board({ ...options, nameWidth: nameWidthOf(options), stages: options.stages.length }, now());
  // Libraries for terminals are loaded on terminals alone.
  const live =
    screen === undefined
      ? undefined
      : new (await import('./live-region.js')).LiveRegion(screen, (columns) => board.lines(now(), columns), now);
  const terminal = new Terminal(options, board, live, now);
  return { show: (event) => terminal.show(event), close: () => live?.close() };
}

/** Names take no more than a third of the columns. */
function nameWidthOf({ stages, width }: TerminalOptions): number {
  return Math.min(Math.max(4, ...stages.map(columnsOf)), Math.max(10, Math.floor(width() / 3)));
}

class Terminal {
  private readonly paint: Paint;
  private readonly nameWidth: number;
  /** The last epoch of a stage, where no line tells of it yet. */
  private readonly untold = new Map<string, Extract<RunEvent, { event: 'epoch' }>>();
  private readonly plainTasks = new Map<string, { readonly pace: Pace; told: number }>();

  constructor(
    private readonly options: TerminalOptions,
    private readonly board: Board,
    private readonly live: LiveRegion | undefined,
    private readonly now: () => number,
  ) {
    this.paint = painter(options.color);
    this.nameWidth = nameWidthOf(options);
  }

  show(event: RunEvent): void {
    this.board.apply(event, this.now());
    switch (event.event) {
      case 'progress':
        if (this.live === undefined) this.plainProgress(event);
        break;
      case 'epoch':
        this.epoch(event);
        break;
      case 'note':
        this.row(' ', 'dim', event.stage ?? '', printable(event.text));
        break;
      case 'stage':
        this.ended(event);
        break;
      case 'warning':
        this.problem(event.problem, 'warning');
        break;
      case 'problem':
        // The line of the stage says that it was interrupted.
        if (event.problem.code !== 'interrupted') this.problem(event.problem, 'error');
        break;
      case 'run':
        this.live?.close();
        return;
      case 'stage-start':
        break;
    }
    this.live?.refresh();
  }

  private epoch(event: Extract<RunEvent, { event: 'epoch' }>): void {
    if (this.live === undefined || event.epoch === event.epochs) this.epochRow(event);
    else this.untold.set(event.stage, event);
    const task = this.plainTasks.get(`${event.stage}/train`);
    if (task !== undefined) task.told = this.now();
  }

  private epochRow(event: Extract<RunEvent, { event: 'epoch' }>): void {
    this.untold.delete(event.stage);
    const rate = event.learningRate === undefined ? '' : ` lr ${rounded(event.learningRate)}`;
    this.row(' ', 'dim', event.stage, `epoch ${event.epoch}/${event.epochs} ${figuresOf(event.metrics)}${rate}`);
  }

  private ended(stage: StageSummary): void {
    const epoch = this.untold.get(stage.name);
    if (epoch !== undefined) this.epochRow(epoch);
    const [mark, style] = marks[stage.state];
    const features =
      stage.features === undefined
        ? ''
        : `  ${count(stage.features.extracted, 'feature')} extracted, ${stage.features.reused.toLocaleString('en-US')} reused`;
    // Its column is as wide as `restored`, and its reason says the rest.
    const word = stage.state === 'interrupted' ? 'stopped' : stage.state;
    const timed = stage.state === 'ran' || stage.state === 'failed' || stage.state === 'interrupted';
    const time = timed ? duration(stage.durationMs).padStart(8) : ' '.repeat(8);
    this.row(
      mark,
      style,
      stage.name,
      `${this.paint(style, word.padEnd(8))} ${time}  ${printable(stage.reason)}${this.paint('dim', features)}`,
    );
  }

  private plainProgress(event: Extract<RunEvent, { event: 'progress' }>): void {
    const key = `${event.stage}/${event.task}`;
    const now = this.now();
    const task = this.plainTasks.get(key) ?? { pace: new Pace(), told: now };
    this.plainTasks.set(key, task);
    task.pace.mark(event.done, now);
    if (event.task === 'extract') this.plainTasks.get(`${event.stage}/train`)?.pace.forget();
    if (now - task.told < PLAIN_INTERVAL_MS) return;
    task.told = now;
    const { amount, rate, left } = taskWords(event, task.pace.rate(now));
    this.row('▸', 'cyan', event.stage, [`${event.task} ${amount}`, rate, left].filter(Boolean).join(', '));
  }

  private problem(problem: Problem, severity: Severity): void {
    this.line('', formatProblems([problem], this.options, severity));
  }

  /** The text may be painted: what comes from files in it is printable by then. */
  private row(mark: string, style: Style, name: string, text: string): void {
    this.line(`${this.paint(style, mark)} ${column(printable(name), this.nameWidth)}  `, text);
  }

  /** A line that stays. */
  private line(head: string, text: string): void {
    if (this.live === undefined) this.options.write(`${head}${text}\n`);
    else this.live.persist(head, text);
  }
}

/** `0.001`, `3.3e-5`. */
function rounded(rate: number): string {
  return rate > 0 && rate < 0.001 ? rate.toExponential(1) : String(Number(rate.toPrecision(2)));
}

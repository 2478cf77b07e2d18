/** Shows the events of a run on stderr: a line per event and, on a terminal, live progress below them. */
import type { RunEvent, StageState, StageSummary } from '../core/event.js';
import type { Problem } from '../core/problem.js';
import { asTyped } from '../core/program.js';
import { Board, metricsText } from './board.js';
import { column, columnsOf } from './text-width.js';
import type { LiveRegion, Screen } from './live-region.js';
import { Pace } from './pace.js';
import { formatProblems, type Severity } from './problems.js';
import { painter, type Paint, type Style } from './style.js';
import { taskWords } from './task.js';
import { count, duration, printable } from './words.js';

export interface TerminalOptions {
  readonly write: (text: string) => void;
  /** The terminal, if lines can be redrawn. */
  readonly screen?: Screen;
  readonly color: boolean;
  readonly width: () => number;
  readonly cwd: string;
  /** How this tool is started, for commands in hints. Default: `pipeline`. */
  readonly program?: string;
  /** Names of the stages of the run, for alignment. */
  readonly stages: readonly string[];
}

export interface Reporter {
  readonly show: (event: RunEvent) => void;
  /** Removes the live lines; called at the end in any case. */
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

/** Interval of progress lines of a task if lines cannot be redrawn. */
const PLAIN_INTERVAL_MS = 10_000;

/** Makes a listener for the events of a run; `now` gives milliseconds. */
export async function terminalReporter(
  options: TerminalOptions,
  now: () => number = () => performance.now(),
): Promise<Reporter> {
  const { screen } = options;
  const board = new Board({ ...options, nameWidth: nameWidthOf(options), stages: options.stages.length }, now());
  // Terminal libraries are loaded only on terminals.
  const live =
    screen === undefined
      ? undefined
      : new (await import('./live-region.js')).LiveRegion(screen, (columns) => board.lines(now(), columns), now);
  const terminal = new Terminal(options, board, live, now);
  return { show: (event) => terminal.show(event), close: () => live?.close() };
}

/** At most a third of the columns. */
function nameWidthOf({ stages, width }: TerminalOptions): number {
  return Math.min(Math.max(4, ...stages.map(columnsOf)), Math.max(10, Math.floor(width() / 3)));
}

class Terminal {
  private readonly paint: Paint;
  private readonly nameWidth: number;
  /** The last epoch of a stage, if it has not been printed yet. */
  private readonly unprinted = new Map<string, Extract<RunEvent, { event: 'epoch' }>>();
  /** Stages whose problem is on the screen: its sentence is not repeated. */
  private readonly explained = new Set<string>();
  private readonly plainTasks = new Map<string, { readonly pace: Pace; printedAt: number }>();

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
        this.row(' ', 'dim', event.stage ?? '', printable(asTyped(event.text, this.options.program ?? 'pipeline')));
        break;
      case 'stage':
        this.ended(event);
        break;
      case 'warning':
        this.problem(event.problem, 'warning');
        break;
      case 'problem':
        // The line of the stage shows that it was interrupted.
        if (event.problem.code !== 'interrupted') {
          this.problem(event.problem, 'error');
          if (event.stage !== undefined) this.explained.add(event.stage);
        }
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
    else this.unprinted.set(event.stage, event);
    const task = this.plainTasks.get(`${event.stage}/train`);
    if (task !== undefined) task.printedAt = this.now();
  }

  private epochRow(event: Extract<RunEvent, { event: 'epoch' }>): void {
    this.unprinted.delete(event.stage);
    const rate = event.learningRate === undefined ? '' : ` lr ${rounded(event.learningRate)}`;
    this.row(' ', 'dim', event.stage, `epoch ${event.epoch}/${event.epochs} ${metricsText(event.metrics)}${rate}`);
  }

  private ended(stage: StageSummary): void {
    const epoch = this.unprinted.get(stage.name);
    if (epoch !== undefined) this.epochRow(epoch);
    const [mark, style] = marks[stage.state];
    const features =
      stage.features === undefined
        ? ''
        : `  ${count(stage.features.extracted, 'feature')} extracted, ${stage.features.reused.toLocaleString('en-US')} reused`;
    // Shorter, because the column is as wide as `restored`; the reason has the details.
    const word = stage.state === 'interrupted' ? 'stopped' : stage.state;
    const timed = stage.state === 'ran' || stage.state === 'failed' || stage.state === 'interrupted';
    const time = timed ? duration(stage.durationMs).padStart(8) : ' '.repeat(8);
    const reason = stage.state === 'failed' && this.explained.has(stage.name) ? 'see above' : stage.reason;
    this.row(
      mark,
      style,
      stage.name,
      `${this.paint(style, word.padEnd(8))} ${time}  ${printable(reason)}${this.paint('dim', features)}`,
    );
  }

  private plainProgress(event: Extract<RunEvent, { event: 'progress' }>): void {
    const key = `${event.stage}/${event.task}`;
    const now = this.now();
    const task = this.plainTasks.get(key) ?? { pace: new Pace(), printedAt: now };
    this.plainTasks.set(key, task);
    task.pace.mark(event.done, now);
    if (event.task === 'extract') this.plainTasks.get(`${event.stage}/train`)?.pace.forget();
    if (now - task.printedAt < PLAIN_INTERVAL_MS) return;
    task.printedAt = now;
    const { amount, rate, left } = taskWords(event, task.pace.rate(now));
    this.row('▸', 'cyan', event.stage, [`${event.task} ${amount}`, rate, left].filter(Boolean).join(', '));
  }

  private problem(problem: Problem, severity: Severity): void {
    this.line('', formatProblems([problem], this.options, severity));
  }

  /** `text` may contain colors, so text from files in it must already be printable. */
  private row(mark: string, style: Style, name: string, text: string): void {
    this.line(`${this.paint(style, mark)} ${column(printable(name), this.nameWidth)}  `, text);
  }

  /** A permanent line. */
  private line(head: string, text: string): void {
    if (this.live === undefined) this.options.write(`${head}${text}\n`);
    else this.live.persist(head, text);
  }
}

/** `0.001`, `3.3e-5`. */
function rounded(rate: number): string {
  return rate > 0 && rate < 0.001 ? rate.toExponential(1) : String(Number(rate.toPrecision(2)));
}

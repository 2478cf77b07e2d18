/** Redraws lines at the bottom of a terminal, below permanent lines. Loaded only on a terminal. */
import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import { columnsOf } from './text-width.js';

/** A terminal: a `tty.WriteStream`, or a stub in tests. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

const FRAME_MS = 100;
/** For terminals that do not report a size, or report 0. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** `frame` gives the lines for a number of columns, `now` milliseconds. The cursor is hidden from the first frame until {@link LiveRegion.close}. */
export class LiveRegion {
  private readonly draw: ReturnType<typeof createLogUpdate>;
  /** Buffers what the library writes and sends it at once: a terminal that draws in between would flicker. */
  private outgoing = '';
  private drawn: readonly string[] = [];
  private drawnAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private readonly redraw = (): void => this.resized();

  constructor(
    private readonly screen: Screen,
    private readonly frame: (columns: number) => readonly string[],
    private readonly now: () => number,
  ) {
    const buffered = {
      isTTY: true,
      get columns() {
        return columnsOfScreen(screen);
      },
      get rows() {
        return rowsOfScreen(screen);
      },
      write: (text: string) => (this.outgoing += text),
    };
    this.draw = createLogUpdate(buffered as unknown as NodeJS.WriteStream);
    screen.on('resize', this.redraw);
  }

  /** Redraws at most ten times per second, and keeps the clock running. */
  refresh(): void {
    if (this.now() - this.drawnAt >= FRAME_MS) this.render();
    this.timer ??= setInterval(() => this.render(), FRAME_MS).unref();
  }

  /** Writes a permanent line. Text too long for the terminal is wrapped with a hanging indent after the head. */
  persist(head: string, text: string): void {
    const columns = columnsOfScreen(this.screen);
    const indent = displayWidth(head);
    // Text without a head is already laid out.
    const lines = indent === 0 ? [text] : wrapAnsi(text, Math.max(20, columns - indent), { hard: true }).split('\n');
    // The library's own method drops lines beyond the height of the terminal.
    this.draw.clear();
    this.outgoing += `${head}${lines.join(`\n${' '.repeat(indent)}`)}\n`;
    this.drawn = [];
    this.render();
  }

  /** Removes the live lines and shows the cursor. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.screen.off('resize', this.redraw);
    this.draw.clear();
    this.draw.done();
    this.send();
  }

  private render(): void {
    const columns = columnsOfScreen(this.screen);
    const rows = Math.max(1, rowsOfScreen(this.screen) - 1);
    // The last column stays free: some terminals break a line that fills them.
    const lines = this.frame(columns - 1)
      .slice(0, rows)
      .map((line) => cliTruncate(line, columns - 1));
    // If frames differ in length, the library (7.2) mistakes equal last lines for unchanged ones, and loses them.
    if (lines.length !== this.drawn.length) this.draw.clear();
    if (lines.length > 0) this.draw(lines.join('\n'));
    this.drawn = lines;
    this.drawnAt = this.now();
    this.send();
  }

  /**
   * A terminal that becomes narrower wraps its lines, so more lines must be erased than the library has drawn.
   */
  private resized(): void {
    const columns = columnsOfScreen(this.screen);
    const broken = this.drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
    const more = broken - this.drawn.length;
    if (more > 0) {
      this.draw.clear();
      this.outgoing += '\x1b[1A\x1b[2K'.repeat(more);
      this.drawn = [];
    }
    this.render();
  }

  private send(): void {
    if (this.outgoing !== '') this.screen.write(this.outgoing);
    this.outgoing = '';
  }
}

function columnsOfScreen({ columns }: Screen): number {
  return columns === undefined || columns < 1 ? DEFAULT_COLUMNS : columns;
}

function rowsOfScreen({ rows }: Screen): number {
  return rows === undefined || rows < 1 ? DEFAULT_ROWS : rows;
}

function displayWidth(line: string): number {
  return columnsOf(line.replace(/\x1b\[[0-9;]*m/g, ''));
}

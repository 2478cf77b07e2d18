/** A terminal in memory: what is written to it is drawn as xterm would, and can be read as a person sees it. */
import xterm from '@xterm/headless';
import type { Screen } from '../../src/report/live-region.js';

export class FakeTerminal implements Screen {
  readonly isTTY = true;
  /** Everything that was written, one entry a write. */
  readonly writes: string[] = [];
  private readonly terminal: xterm.Terminal;
  private readonly listeners = new Set<() => void>();

  constructor(
    public columns: number,
    public rows = 24,
  ) {
    this.terminal = new xterm.Terminal({
      cols: columns,
      rows,
      convertEol: true,
      allowProposedApi: true,
      scrollback: 1000,
    });
  }

  write(text: string): void {
    this.writes.push(text);
    this.terminal.write(text);
  }

  on(_event: 'resize', listener: () => void): void {
    this.listeners.add(listener);
  }

  off(_event: 'resize', listener: () => void): void {
    this.listeners.delete(listener);
  }

  async resize(columns: number): Promise<void> {
    await this.settled();
    this.terminal.resize(columns, this.rows);
    this.columns = columns;
    for (const listener of this.listeners) listener();
  }

  /** All lines from the first on, without blanks at their ends and empty lines at the end. */
  async lines(): Promise<string[]> {
    await this.settled();
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '');
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  private settled(): Promise<void> {
    return new Promise((resolve) => this.terminal.write('', resolve));
  }
}

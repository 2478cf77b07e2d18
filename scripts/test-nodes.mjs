/**
 * Builds and tests under several major versions of Node, which the npm package `node` brings.
 *
 *     npm run test:nodes -- [20 22 24] [-- JEST ARGUMENTS]
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const supported = ['20', '22', '24'];
const given = process.argv.slice(2);
const end = given.includes('--') ? given.indexOf('--') : given.length;
const versions = given.slice(0, end).length > 0 ? given.slice(0, end) : supported;
const jestArguments = given.slice(end + 1);

// Some tests run the tool as another user, who may not enter npm's own folder below someone's home.
const everybodys = mkdtempSync(join(tmpdir(), 'pipeline-nodes-'));
chmodSync(everybodys, 0o755);
process.on('exit', () => rmSync(everybodys, { recursive: true, force: true }));

/** The program of a major version, downloaded where npm does not have it yet. */
function programOf(version) {
  // This package's install script puts the program in place.
  const args = [
    'exec',
    '--yes',
    '--ignore-scripts=false',
    `--package=node@${version}`,
    '--',
    'node',
    '-p',
    'process.execPath',
  ];
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm cannot bring Node ${version}: ${stderr}`);
  const program = join(everybodys, version, 'node');
  mkdirSync(dirname(program));
  copyFileSync(stdout.trim().split('\n').at(-1), program);
  return program;
}

/** Runs a command to its end with this Node first on the path; whether it succeeded. */
function succeeds(node, command, args) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0;
}

const results = versions.map((version) => {
  const node = programOf(version);
  const exact = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`\nNode ${exact}`);
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...jestArguments];
  return [exact, succeeds(node, 'npm', ['run', 'build']) && succeeds(node, node, jest)];
});
console.log('');
for (const [version, passed] of results) console.log(`Node ${version}: ${passed ? 'passed' : 'FAILED'}`);
process.exitCode = results.every(([, passed]) => passed) ? 0 : 1;

/** pipeline init: writes a pipeline file for a folder of images. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import { pipelineNameOf, projectRootOf } from '../config/project-root.js';
import { packageFile } from '../core/package.js';
import { isWithin, shownFrom } from '../core/paths.js';
import { failure, type PipelineError } from '../core/problem.js';
import type { CommandSpec, Host } from './host.js';
import { checkSource } from './init-source.js';

interface InitOptions {
  readonly to?: string;
  readonly force?: boolean;
}

const help = `
Examples:
  pipeline init                        for the example images that come with this tool
  pipeline init photos                 for the folder photos, which has one folder per class
  pipeline init photos --to pets.yaml
  pipeline init .                      for the current folder; the file is written next to it

Exit codes: 0 written; 2 the file already exists; 3 not a folder or archive that a pipeline can read.`;

export const init: CommandSpec = {
  register(program, host, done) {
    program
      .command('init')
      .description('write a pipeline file for a folder of images')
      .argument(
        '[folder]',
        'a folder with one folder per class, or with train/ and validation/ that contain those; or an archive of one (default: the example images)',
      )
      .option('--to <file>', 'the file to write (default: the name of the folder, with .yaml)')
      .option('-f, --force', 'overwrite the file if it exists')
      .addHelpText('after', help)
      .action(async (folder: string | undefined, options: InitOptions) => {
        await writePipeline(folder, options, host);
        done(0);
      });
  },
};

async function writePipeline(folder: string | undefined, { to, force }: InitOptions, host: Host): Promise<void> {
  const source = folder === undefined ? host.exampleImages : resolve(host.cwd, folder);
  const warnings = await checkSource(source, folder ?? source);
  const name = pipelineNameOf(basename(source).replace(/\.(zip|tar|tar\.gz|tgz)$/i, ''), 'pictures');
  const isFolder = (await stat(source)).isDirectory();
  // A run must not write into the image folder, so `init .` writes the file next to it.
  const base = isFolder && isWithin(host.cwd, source) ? dirname(source) : host.cwd;
  const file = to === undefined ? resolve(base, `${folder === undefined ? 'pets' : name}.yaml`) : resolve(host.cwd, to);
  const root = projectRootOf(dirname(file));
  if (isFolder && isWithin(root, source)) throw amongImages(file, folder ?? source);
  const written = shownFrom(root, source).split(sep).join('/');
  await mkdir(dirname(file), { recursive: true });
  try {
    const called = pipelineNameOf(basename(file, extname(file)));
    const text = folder === undefined ? examplePipeline(called, written) : await photosPipeline(called, written);
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw failure('invalid', {
      code: 'file-exists',
      where: file,
      found: 'already exists',
      remedy: 'choose another file with --to, or overwrite it with --force',
    });
  }
  if (warnings.length > 0)
    host.stderr(`${(await import('../report/problems.js')).formatProblems(warnings, host, 'warning')}\n`);
  host.stderr(`wrote ${relative(host.cwd, file)}; next: pipeline run ${relative(host.cwd, file)}\n`);
}

function amongImages(file: string, shown: string): PipelineError {
  return failure('invalid', {
    code: 'file-among-images',
    where: file,
    found: `is inside the image folder (${shown}), so models and probe images that a run writes would be read as images`,
    expected: 'a file outside the image folder',
    remedy: 'leave out `--to`: the file is then written next to the image folder',
  });
}

/**
 * For photos of one's own: the recipe that ships, with other names. JSON strings are valid YAML, whatever characters a
 * name contains.
 */
async function photosPipeline(name: string, source: string): Promise<string> {
  const recipe = await readFile(packageFile('pipelines/photos.yaml'), 'utf8');
  const changes: readonly (readonly [line: RegExp, text: string])[] = [
    [/^name: photos$/m, `name: ${JSON.stringify(name)}`],
    [/^ {4}source: photos$/m, `    source: ${JSON.stringify(source)}`],
    [/^ {4}to: models\/photos$/m, `    to: ${JSON.stringify(`models/${name}`)}`],
  ];
  const start = recipe.indexOf('version: 1');
  // A function, because `$` means something in a replacement text.
  const text = changes.reduce((changed, [line, now]) => changed.replace(line, () => now), recipe.slice(start));
  return `# Trains a classifier on the image folders in ${JSON.stringify(source)}.\n${text}`;
}

/** For the drawn images that come with the tool, as the base does. */
function examplePipeline(name: string, source: string): string {
  return `# Trains a classifier on the image folders in ${JSON.stringify(source)}.
version: 1
name: ${JSON.stringify(name)}
seed: 42
stages:
  ingest:
    source: ${JSON.stringify(source)}
    image: {size: [96, 96]}
    split: {validation: 0.2}    # if there are no folders train/ and validation/
  load-base:
    architecture: compact32     # small, comes with the tool
  freeze:
    layers: all
  build-head:
    layers:
      - global_average_pooling
      - dense: {units: 64, activation: relu}
      - dropout: 0.5
      - classifier
  train:
    optimizer: {adam: {learning_rate: 0.001}}
    batch_size: 32
    epochs: 30
  evaluate: {}
  export:
    to: ${JSON.stringify(`models/${name}`)}
`;
}

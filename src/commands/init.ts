/** pipeline init: writes a pipeline file for a folder of images. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import { pipelineNameOf, projectRootOf } from '../config/project-root.js';
import { isWithin, shownFrom } from '../core/paths.js';
import { failure, type PipelineError } from '../core/problem.js';
import { shellWord } from '../core/text/shell-word.js';
import { wrapIndented } from '../report/wrap.js';
import { fileExists } from './file-exists.js';
import type { CommandSpec, Host } from './host.js';

interface InitOptions {
  readonly to?: string;
  readonly base?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}

const help = `
Without a folder, init writes a pipeline for the example images that come with this tool. For a folder, it reads all
names and up to 400 of the files, prints what it saw, and chooses accordingly. On a terminal it asks which base to use,
and whether to overwrite the file if it exists. In a Git repository it adds .pipeline/ to .gitignore.

Examples:
  pipeline init                        for the example images that come with this tool
  pipeline init photos                 for the folder photos: one folder per class, a table of labels, or names like
                                       cat.12.jpg
  pipeline init photos --base dinov2_small --to pets.yaml
  pipeline init .                      for the current folder; the file is written next to it

Exit codes: 0 written; 2 the file already exists; 3 not a folder or archive that a pipeline can read.`;

export const init: CommandSpec = {
  register(program, host, done) {
    program
      .command('init')
      .description('write a pipeline file for a folder of images')
      .argument(
        '[folder]',
        'a folder with one folder per class, with train/ and validation/ that contain those, with a table of labels, or with names such as cat.12.jpg; or an archive of class folders (default: the example images)',
      )
      .option('--to <file>', 'the file to write (default: the name of the folder, with .yaml)')
      .option('--base <name>', 'the base network; `pipeline bases` lists them')
      .option('-y, --yes', 'ask nothing, and take the defaults')
      .option('-f, --force', 'overwrite the file if it exists')
      .addHelpText('after', help)
      .action(async (folder: string | undefined, options: InitOptions) => {
        await writePipeline(folder, options, host);
        done(0);
      });
  },
};

async function writePipeline(folder: string | undefined, options: InitOptions, host: Host): Promise<void> {
  const { cwd, stderr, program } = host;
  const { checkSource } = await import('../init/check-source.js');
  const source = folder === undefined ? host.exampleImages : resolve(cwd, folder);
  const shown = folder ?? source;
  const { warnings, labels, shards, inside } = await checkSource(source, shown);
  const isFolder = (await stat(source)).isDirectory();
  const file = fileFor(source, folder, isFolder, options.to, host);
  const project = projectRootOf(dirname(file));
  if (isFolder && isWithin(project, source)) throw amongImages(file, shown);
  const { recipeFor } = await import('../init/recipe-for.js');
  const recipe = await recipeFor({
    isExample: folder === undefined,
    source,
    shown,
    isFolder,
    labels,
    shards,
    inside,
    file,
    name: pipelineNameOf(basename(file, extname(file))),
    written: shownFrom(project, source).split(sep).join('/'),
    base: options.base,
    bases: host.bases(),
    ask: options.yes === true ? undefined : host.ask,
  });
  for (const line of recipe.seen) stderr(`${host.screen === undefined ? line : wrapIndented(line, host.width())}\n`);
  await write(file, recipe.text, options, host);
  if (warnings.length > 0)
    stderr(`${(await import('../report/problems.js')).formatProblems(warnings, host, 'warning')}\n`);
  const { ignoreCache } = await import('../init/git-ignore.js');
  if (await ignoreCache(project)) stderr(`added .pipeline/ to ${shownFrom(cwd, resolve(project, '.gitignore'))}\n`);
  const named = relative(cwd, file);
  stderr(`wrote ${named}; next: ${program} run ${shellWord(named)}\n`);
}

/** The file to write. */
function fileFor(
  source: string,
  folder: string | undefined,
  isFolder: boolean,
  to: string | undefined,
  { cwd }: Host,
): string {
  if (to !== undefined) return resolve(cwd, to);
  // A run must not write into the image folder, so `init .` writes the file next to it.
  const base = isFolder && isWithin(cwd, source) ? dirname(source) : cwd;
  const name = pipelineNameOf(basename(source).replace(/\.(zip|tar|tar\.gz|tgz)$/i, ''), 'pictures');
  return resolve(base, `${folder === undefined ? 'pets' : name}.yaml`);
}

async function write(file: string, text: string, { force, yes }: InitOptions, { ask, cwd }: Host): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const { askToOverwrite } = await import('../init/questions.js');
    if (ask !== undefined && yes !== true && (await askToOverwrite(ask, shownFrom(cwd, file))))
      return writeFile(file, text);
    throw fileExists({ file, option: '--to', otherwise: 'overwrite it with --force' });
  }
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

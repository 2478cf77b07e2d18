/** pipeline preview: shows what augmentation makes of the training images. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ContactSheet } from '../core/contact-sheet.js';
import { openInBrowser } from '../core/open-in-browser.js';
import { shownFrom } from '../core/paths.js';
import { failure } from '../core/problem.js';
import { printable } from '../report/words.js';
import type { Node } from '../runner/graph.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';
import { inputsOf, type Session } from '../runner/session.js';
import { stageError } from '../runner/stage-error.js';
import { writeWhole } from '../store/disk/write-atomic.js';
import { fileExists } from './file-exists.js';
import { countOf, withPipelineOptions, type CommandSpec, type Host } from './host.js';
import { wroteLine } from './wrote-line.js';

interface PreviewOptions extends PipelineOptions {
  readonly images: number;
  readonly views: number;
  readonly out?: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

const help = `
Each row shows a training image: as it is, then its views in the order in which training uses them. The pixels are those
that training gets, before they are scaled for the base. Nothing is trained or cached.

Examples:
  pipeline preview pets.yaml --open
  pipeline preview pets.yaml --set stages.augment.rotation_range=40
  pipeline preview pets.yaml --images 20 --views 4 --out views.png`;

export const preview: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('preview')
      .description('draw training images and their augmented views as one PNG')
      .argument('[file]', 'the pipeline file (default: the only one in this folder)')
      .argument('[stage]', 'the augment stage, if there are several')
      .option('--images <number>', 'how many images, in turn from each class', countOf('--images'), 8)
      .option('--views <number>', 'how many views of each image, at most', countOf('--views'), 8)
      .option('-o, --out <file>', 'the PNG file to write; it must not exist (default: in .pipeline/preview)')
      .option('--open', 'open the PNG')
      .option('--json', 'print one JSON object to stdout')
      .addHelpText('after', help);
    withPipelineOptions(command).action(
      async (file: string | undefined, stage: string | undefined, options: PreviewOptions) => {
        await drawPreview(file, stage, options, host);
        done(0);
      },
    );
  },
};

async function drawPreview(
  file: string | undefined,
  stage: string | undefined,
  { images, views, out, open, json, ...options }: PreviewOptions,
  host: Host,
): Promise<void> {
  const session = await openFor(await loadChecked(file, options, host.cwd), host, () => undefined, {
    ...options,
    offline: true,
    buckets: true,
    withoutDevice: true,
  });
  const node = augmentNode(session, stage);
  const { name } = node.stage;
  const { png, rows, views: drawn } = await sheetOf(node, { images, views }, session);
  const { runs } = session.project;
  const target =
    out === undefined ? join(dirname(runs), 'preview', `${session.pipeline.name}-${name}.png`) : resolve(host.cwd, out);
  await (out === undefined ? writeWhole(target, png) : writeNew(target, png));
  if (json)
    host.stdout(`${JSON.stringify({ event: 'preview', stage: name, file: target, views: drawn, images: rows })}\n`);
  else {
    rows.forEach((row, index) => host.stdout(`row ${index + 1}: ${printable(`${row.class}, ${row.file}`)}\n`));
    const what =
      drawn === 0 ? 'no range is set, so no views' : `each as it is, then ${drawn === 1 ? '1 view' : `${drawn} views`}`;
    host.stderr(wroteLine(`${rows.length} images (${what})`, shownFrom(host.cwd, target), host));
  }
  if (open && !(await openInBrowser(target))) host.stderr('cannot open an image here: open the file yourself\n');
}

async function writeNew(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw fileExists({ file, option: '--out' });
  });
}

function augmentNode({ graph, pipeline }: Session, wanted: string | undefined): Node {
  const all = graph.nodes.filter(({ stage }) => stage.kind === 'augment');
  const names = all.map(({ stage }) => stage.name);
  const node = wanted === undefined && all.length === 1 ? all[0] : all.find(({ stage }) => stage.name === wanted);
  if (node !== undefined) return node;
  throw failure('invalid', {
    code: 'no-augment',
    where: wanted ?? pipeline.file,
    found:
      wanted === undefined
        ? all.length === 0
          ? 'has no augment stage'
          : 'has several augment stages'
        : 'is not an augment stage',
    expected: all.length === 0 ? 'a pipeline with an augment stage' : `one of ${names.join(', ')} after the file`,
    remedy: all.length === 0 ? 'add `augment: {horizontal_flip: true, rotation_range: 10}` to the stages' : undefined,
  });
}

/** Runs what the stage reads and the stage itself in memory, and draws. */
async function sheetOf(node: Node, request: { images: number; views: number }, session: Session) {
  const { DryRun } = await import('../runner/preview/dry-run.js');
  const { walkKnown, withAncestors } = await import('../runner/graph.js');
  const dryRun = new DryRun(session);
  const wanted = withAncestors(session.graph, [node.stage.name]);
  const sheets: ContactSheet[] = [];
  await walkKnown(session.graph, async (one, outputs, unknown) => {
    if (!wanted.has(one.stage.name) || unknown !== undefined) return undefined;
    try {
      const inputs = inputsOf(one, outputs);
      const made = (await dryRun.simulate(one, inputs))?.outputs;
      if (made !== undefined && one === node) {
        const { context } = await dryRun.contextOf(one, inputs);
        sheets.push(await node.definition.sheet!(context, made, request));
      }
      return made;
    } catch (thrown) {
      throw stageError(thrown, one, session.pipeline);
    }
  });
  return sheets[0];
}

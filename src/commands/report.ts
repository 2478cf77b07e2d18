/** pipeline report: writes an HTML report of a run. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openInBrowser } from '../core/open-in-browser.js';
import { shownFrom } from '../core/paths.js';
import { failure, PipelineError } from '../core/problem.js';
import { readRegular } from '../core/regular-file.js';
import type { RunStart } from '../core/run-record.js';
import { failureOf } from '../runner/checkout/destinations.js';
import { writeWhole } from '../store/disk/write-atomic.js';
import { fileExists } from './file-exists.js';
import { formatOf, type CommandSpec, type Host } from './host.js';
import { wroteLine } from './wrote-line.js';

const help = `
Name a run by its id or a prefix of it, by \`last\` or \`last~1\`, or by a pipeline file for its last run (\`pets.yaml~1\` for
the one before).

Examples:
  pipeline report                       the last run of this project
  pipeline report --open                and opens it in the browser
  pipeline report --format md >> "$GITHUB_STEP_SUMMARY"
  pipeline report pets.yaml --out pets.html
  pipeline report last~1`;

/** The names that `--format` takes. */
export const reportFormats = ['html', 'md'] as const;

export const report: CommandSpec = {
  register(program, host, done) {
    program
      .command('report')
      .description('write an HTML report of a run: metrics, curves, mistakes and provenance')
      .argument('[run]', 'id of the run, or another name for it', 'last')
      .option('-o, --out <file>', "the HTML file to write (default: report.html in the run's folder)")
      .option(
        '--format <name>',
        'html, or md: Markdown for a pull request, printed to stdout unless --out names a file',
        formatOf(reportFormats),
        'html',
      )
      .option('--open', 'open the report in the browser')
      .option('--json', 'print one JSON object to stdout')
      .addHelpText('after', help)
      .action(async (run: string, options: ReportOptions) => {
        await (options.format === 'md' ? markdownReport : writeReport)(run, options, host);
        done(0);
      });
  },
};

interface ReportOptions {
  readonly out?: string;
  readonly format: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

async function writeReport(reference: string, { out, open, json }: ReportOptions, host: Host): Promise<void> {
  // Loaded on demand: other commands need neither d3 nor sharp.
  const [{ openRun }, { readFromRun }, { gatherReport }, { isReport, page }] = await Promise.all([
    import('../runner/runs/open-run.js'),
    import('../runner/runs/images-of-run.js'),
    import('../report/html/gather.js'),
    import('../report/html/page.js'),
  ]);
  const opened = await openRun(reference, host);
  const { state, run, end, store, readBlob, project } = opened;
  const file = out === undefined ? join(project.runs, run.id, 'report.html') : resolve(host.cwd, out);
  // Fail before the work: building a page takes a while.
  if (!(await isFolder(file))) {
    const failed = await failureOf(file, 'the report', { display: (path) => shownFrom(host.cwd, path) }, 'file');
    if (failed !== undefined) throw failed;
  }
  await refuseOthers(file, isReport);
  const report = await gatherReport({
    state,
    run,
    end,
    readBlob,
    readMade: (key) => store.getRecord(key),
    readImage: (root, paths, digest) => readFromRun(opened, root, paths, digest),
  });
  await writeWhole(file, page(report));
  if (json) host.stdout(`${JSON.stringify({ event: 'report', run: run.id, file })}\n`);
  else host.stderr(wroteReport(run, file, host));
  if (open && !(await openInBrowser(file))) host.stderr('cannot open a browser here: open the file yourself\n');
}

async function markdownReport(reference: string, { out, open, json }: ReportOptions, host: Host): Promise<void> {
  for (const [option, given] of [
    ['--open', open],
    ['--json', json],
  ] as const)
    if (given)
      throw failure('invalid', {
        code: 'bad-option',
        where: `${option} and --format md`,
        found: 'cannot be combined',
        expected: 'one of them',
      });
  const { openRun } = await import('../runner/runs/open-run.js');
  const { isMarkdownReport, reportMarkdown } = await import('../report/markdown/report.js');
  const opened = await openRun(reference, host);
  if (out === undefined) return host.stdout(await reportMarkdown(opened, opened.state));
  const file = resolve(host.cwd, out);
  await refuseOthers(file, isMarkdownReport);
  await writeWhole(file, await reportMarkdown(opened, opened.state));
  host.stderr(wroteReport(opened.run, file, host));
}

function wroteReport({ pipeline, id }: RunStart, file: string, host: Host): string {
  return wroteLine(`the report of ${pipeline.name}, run ${id},`, shownFrom(host.cwd, file), host);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A report with its thumbnails has a hundredth of that. */
const LARGEST_REPORT = 256 * 2 ** 20;

/** Throws `invalid` for an existing file that is not a report: a typo must not overwrite a pipeline file. */
async function refuseOthers(file: string, isReport: (text: string) => boolean): Promise<void> {
  const text = await readRegular(file, {
    limit: LARGEST_REPORT,
    tooLarge: () => fileExists({ file, isNot: 'a report', option: '--out' }),
  }).then(String, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (!(error instanceof PipelineError)) throw error;
    const [{ code, found }] = error.problems;
    if (code === 'file-exists') throw error;
    throw failure('invalid', {
      code: 'file-exists',
      where: file,
      found,
      expected: `a file name, such as ${found === 'is a folder' ? join(file, 'report.html') : 'report.html'}`,
    });
  });
  if (text === undefined || isReport(text)) return;
  throw fileExists({ file, isNot: 'a report', option: '--out' });
}

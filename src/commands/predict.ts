/** pipeline predict: classifies images with an exported model. */
import { basename, resolve } from 'node:path';
import { deviceChoiceOf } from '../core/engine-choice.js';
import { plainNames } from '../core/text/names.js';
import { exitCodes, failure } from '../core/problem.js';
import type { Reporter } from '../report/terminal.js';
import { collect, deviceHelp, type CommandSpec, type Host } from './host.js';
import { findImages } from './images.js';
import { locateModel } from './locate-model.js';

interface PredictOptions {
  readonly filesFrom?: readonly string[];
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly engine: string;
  readonly device?: string;
}

const help = `
Folders are searched recursively, in path order; files that are not images, neither by name nor by content, are skipped.
Predictions are printed in the order of the arguments. An image that cannot be read is reported on stderr, with --json also
as an object with file and error, with --csv as a row with only a name; the other images are still predicted. With --csv, a
name that a spreadsheet would read as a formula gets a leading apostrophe, and control characters are replaced; --json
prints names unchanged.

A multilabel model gives an image any number of classes: the columns class and score are then one column
classes, joined by |, and --json has a list of classes.

Examples:
  pipeline predict models/pets cat.jpg holiday/
  pipeline predict models/pets holiday --csv > holiday.csv
  curl -s https://example.com/cat.jpg | pipeline predict models/pets -
  find . -name '*.jpg' -newer last.csv -print0 | pipeline predict models/pets --files-from - --json

Exit codes: 0 done; 1 the engine computes the model incorrectly; 2 invalid arguments; 3 an image could not be read, no
image was found, or the model is damaged; 4 the model is unsafe; 130 interrupted.`;

export const predict: CommandSpec = {
  register(program, host, done) {
    program
      .command('predict')
      .description('classify images with an exported model')
      .argument('<model>', 'the folder of an exported model, its model.json, or its .onnx file')
      .argument('[images...]', 'files, folders, or - for one image on stdin')
      .option(
        '--files-from <file>',
        'also read image names from a file, one per line or NUL-separated (- for stdin); repeatable',
        collect,
      )
      .option('--csv', 'print CSV: file, class, score, and the score of each class')
      .option('--json', 'print one JSON object per image: file, class, score, and the scores of all classes')
      .option('-q, --quiet', 'print only predictions and errors; no progress, notes or counts')
      .option('--engine <name>', 'compute engine: auto, onnx or tfjs', 'auto')
      .option('--device <name>', deviceHelp, deviceChoiceOf)
      .addHelpText('after', help)
      .action(async (model: string, names: string[], options: PredictOptions) =>
        done(await predictCommand(model, names, options, host)),
      );
  },
};

async function predictCommand(
  model: string,
  names: readonly string[],
  { filesFrom = [], csv, json, quiet, engine, device }: PredictOptions,
  host: Host,
): Promise<number> {
  if (csv && json)
    throw failure('invalid', {
      code: 'bad-option',
      where: '--csv and --json',
      found: 'cannot be combined',
      expected: 'one of them',
    });
  const images = await findImages({ names, lists: filesFrom }, host);
  const [{ openModel, lineOf }, { csvFormat, jsonFormat, tableFormat }, { formatProblems }, { count, printable }] =
    await Promise.all([
      import('../predict/index.js'),
      import('../report/predictions.js'),
      import('../report/problems.js'),
      import('../report/words.js'),
    ]);
  const { bundle, predictor, notes } = await openModel(await locateModel(model, host), engine, {
    device,
    signal: host.signal,
  });
  for (const { text } of quiet ? [] : notes) host.stderr(`${printable(text)}\n`);
  const format = json
    ? jsonFormat
    : csv
      ? csvFormat(bundle)
      : tableFormat(
          images.map(({ name }) => name),
          bundle,
        );
  const counts = { prediction: 0, bad: 0, 'passed-over': 0 };
  const name = basename(resolve(host.cwd, model));
  const progress = quiet ? undefined : await progressOn(name, host);
  host.stdout(format.head);
  try {
    let done = 0;
    for await (const answer of predictor.predict(images, host.signal)) {
      counts[answer.kind]++;
      const line = lineOf(answer);
      if (line !== undefined) host.stdout(format.line(line));
      if (answer.kind === 'bad' && progress !== undefined) progress.show({ event: 'problem', problem: answer.problem });
      else if (answer.kind === 'bad') host.stderr(`${formatProblems([answer.problem], host)}\n`);
      progress?.show({
        event: 'progress',
        stage: name,
        task: 'predict',
        unit: 'pictures',
        done: ++done,
        total: images.length,
      });
    }
  } finally {
    progress?.close();
    await predictor.close();
  }
  const more = [
    ...(counts.bad === 0 ? [] : [`${counts.bad.toLocaleString('en-US')} could not be read`]),
    ...(counts['passed-over'] === 0 ? [] : [`${count(counts['passed-over'], 'other file')} skipped`]),
  ];
  const none = counts.prediction + counts.bad === 0;
  const place = names.length === 0 ? '' : ` in ${printable(plainNames(names))}`;
  // Without an image, this is the error.
  if (!quiet || (none && names.length > 0))
    host.stderr(`${[none ? `no images found${place}` : count(counts.prediction, 'image'), ...more].join(', ')}\n`);
  // Programs may write an empty list of names, but a folder without images is a mistake.
  return counts.bad > 0 || (none && names.length > 0) ? exitCodes['bad-data'] : 0;
}

/** Shows progress on a terminal if the predictions go to a file or to another program. */
async function progressOn(name: string, host: Host): Promise<Reporter | undefined> {
  if (host.screen === undefined || host.showsOutput) return undefined;
  const { terminalReporter } = await import('../report/terminal.js');
  const reporter = await terminalReporter({ ...host, write: host.stderr, stages: [name] });
  reporter.show({ event: 'stage-start', name, kind: 'predict', reason: 'loading the model' });
  return reporter;
}

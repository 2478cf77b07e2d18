/** Two runs side by side, as Markdown for a pull request: what came out first. */
import { shown, stateWords, type EvaluationDifference, type RunDifference } from '../run-difference.js';
import type { ChangedImage } from '../results/changed-predictions.js';
import { percent } from '../../core/text/ratio.js';
import { stateWord, type RunRow } from '../run-list.js';
import { count } from '../words.js';
import { code, plain, table } from './markup.js';

/** Images listed of each kind; `--json` has all. */
const MOST_LISTED = 10;

/** Lines of GitHub-flavored Markdown. */
export function differenceMarkdown({ before, after, stages, evaluations }: RunDifference): string[] {
  const changed = stages.filter(({ state }) => state !== 'same');
  const changes = changed.flatMap(({ name, state, changes: texts = [] }) =>
    (state === 'changed' ? texts.map(plain) : [stateWords[state]]).map((text) => `- ${code(name)}: ${text}`),
  );
  return [
    ...(evaluations.length === 0
      ? ['**The runs have no evaluation to compare.**']
      : evaluations.map((one) => verdictOf(one, evaluations.length > 1))),
    '',
    `${runText(before)} → ${runText(after)}`,
    '',
    ...(changes.length === 0 ? ['No differences that affect results.'] : changes),
    ...evaluations.flatMap((one) => ['', ...evaluationMarkdown(one, evaluations.length > 1)]),
  ];
}

function runText({ id, pipeline = '-', state, set = [] }: RunRow): string {
  const changes = set.map((one) => ` ${code(`--set ${one}`)}`).join('');
  return `${code(id)} (${code(pipeline)}, ${stateWord(state)}${changes})`;
}

/** By accuracy, or by mAP where images have several classes, and by loss where that is equal. */
function verdictOf({ after: stage, metrics, pictures }: EvaluationDifference, several: boolean): string {
  const of = (wanted: string) => metrics.find(({ name }) => name === wanted);
  const name = of('accuracy') === undefined ? 'mAP' : 'accuracy';
  const [accuracy, loss] = [of(name), of('loss')];
  const which = several ? `${code(stage)}: ` : '';
  if (accuracy?.before === undefined || accuracy.after === undefined)
    return `**${which}one of the runs has no metrics to compare.**`;
  const points = 100 * (accuracy.after - accuracy.before);
  const lossBy = (loss?.after ?? 0) - (loss?.before ?? 0);
  const better = points === 0 ? -lossBy : points;
  const [mark, word] = better > 0 ? ['✅', 'better'] : better < 0 ? ['⚠️', 'worse'] : ['➖', 'the same'];
  const by =
    points === 0
      ? `${name} ${percent(accuracy.after)} in both${lossBy === 0 ? '' : `, loss ${shown(loss?.before)} → ${shown(loss?.after)}`}`
      : `${name} ${percent(accuracy.before)} → ${percent(accuracy.after)} (${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points)`;
  const turned = pictures
    ? `; ${count(pictures.right.length, 'image')} became right, ${pictures.wrong.length} became wrong`
    : '';
  return `${mark} **${which}${word}: ${by}${turned}.**`;
}

function evaluationMarkdown({ before, after, metrics, pictures }: EvaluationDifference, several: boolean): string[] {
  const title =
    several || before !== after
      ? [`### ${before === after ? code(after) : `${code(before)} → ${code(after)}`}`, '']
      : [];
  return [
    ...title,
    ...table([
      { title: 'metric', cells: metrics.map(({ name }) => (name === 'samples' ? 'images' : plain(name))) },
      { title: 'before', numeric: true, cells: metrics.map((metric) => shown(metric.before)) },
      { title: 'after', numeric: true, cells: metrics.map((metric) => shown(metric.after)) },
      { title: 'difference', numeric: true, cells: metrics.map(differenceOf) },
    ]),
    '',
    ...(pictures === null
      ? ['The predictions of one of the runs are no longer in the cache.']
      : [
          `${count(pictures.compared, 'image')} in both runs, ${pictures.onlyBefore} only in the earlier one, ${pictures.onlyAfter} only in the later one.`,
          ...imageTable('became wrong', pictures.wrong),
          ...imageTable('became right', pictures.right),
        ]),
  ];
}

function differenceOf({ before, after }: EvaluationDifference['metrics'][number]): string {
  if (before === undefined || after === undefined) return '-';
  const value = after - before;
  return value === 0 ? '=' : `${value > 0 ? '+' : '−'}${shown(Math.abs(value))}`;
}

function imageTable(title: string, all: readonly ChangedImage[]): string[] {
  if (all.length === 0) return [];
  const images = all.slice(0, MOST_LISTED);
  const answer = ({ predicted, score }: ChangedImage['before']): string =>
    score === undefined ? code(predicted) : `${code(predicted)} ${percent(score)}`;
  return [
    '',
    ...table([
      { title, cells: images.map(({ files: [file], digest }) => code(file ?? digest.slice(0, 12))) },
      { title: 'label', cells: images.map((one) => code(one.after.label)) },
      { title: 'before', cells: images.map((one) => answer(one.before)) },
      { title: 'after', cells: images.map((one) => answer(one.after)) },
    ]),
    ...(all.length > images.length ? ['', `${all.length - images.length} more ${title}.`] : []),
  ];
}

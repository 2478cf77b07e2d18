/** The report page: one file, no scripts, and nothing loaded from elsewhere. */
import { createHash } from 'node:crypto';
import { own } from '../../core/own.js';
import type { RecordedNode, RunEnd, RunStart } from '../../core/run-record.js';
import type { EvaluationMetrics, Predictions } from '../../model/results.js';
import type { Evaluation } from '../results/evaluations.js';
import { valueOf } from '../results/kept.js';
import type { Data, Training } from '../results/training.js';
import { hasLongNames } from './name-column.js';
import { classTable } from './classes.js';
import { comparison } from './comparison.js';
import { confusion } from './confusion.js';
import { curves } from './curves.js';
import { data } from './data.js';
import { folds as foldTable, type Folds } from './folds.js';
import { missing } from './figures.js';
import { graph } from './graph.js';
import { header, metricCards } from './header.js';
import { html, Html } from './markup.js';
import { mistakes, type Example } from './mistakes.js';
import { confusionByClass, multilabelClassTable, thresholdText } from './multilabel.js';
import { provenance, type Made } from './provenance.js';
import { roc } from './roc.js';
import { source } from './source.js';
import { style } from './style.js';
import type { Verdict } from '../verdict/verdict.js';
import { verdict } from './verdict.js';

/** An evaluation shown in detail, and the training of its model. */
export interface Detailed {
  readonly evaluation: Evaluation;
  readonly training: Training | undefined;
  /** With cross-validation. */
  readonly folds: Folds | undefined;
  readonly examples: readonly Example[];
}

export interface Report {
  readonly run: RunStart;
  readonly state: RunEnd['state'] | 'running' | 'killed';
  /** Undefined for a run that is still running or was killed. */
  readonly end: RunEnd | undefined;
  /** About the first of `ranked`; undefined if the store no longer has its metrics. */
  readonly verdict: Verdict | undefined;
  /** All evaluations, best first. */
  readonly ranked: readonly RecordedNode[];
  /** The first of `ranked`. */
  readonly detailed: readonly Detailed[];
  /** Trainings that no evaluation of `detailed` is about. */
  readonly trainings: readonly Training[];
  readonly data: readonly Data[];
  readonly made: ReadonlyMap<string, Made>;
}

interface Section {
  readonly title: string;
  /** Its name in the table of contents; left out if undefined. */
  readonly short: string | undefined;
  readonly content: Html;
}

const SIGNED = 'Written by transfer-pipeline ';

/** Whether a text is a report page of any version. */
export function isReport(text: string): boolean {
  return text.startsWith('<!doctype html>') && text.includes(`<footer><p>${SIGNED}`);
}

/** The page as text. */
export function page(report: Report): string {
  const { run, state, end } = report;
  const sections = sectionsOf(report);
  // The policy allows only this style sheet: no scripts, no style attributes, nothing from elsewhere.
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const contents = html`<nav aria-label="Contents"><ul>${sections.map(({ short }, index) => short && html`<li><a href="#s${index + 1}">${short}</a></li>`)}</ul></nav>`;
  const body = sections.map(
    ({ title, content }, index) =>
      html`<section aria-labelledby="s${index + 1}"><h2 id="s${index + 1}">${title}</h2>${content}</section>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${run.pipeline.name}, run ${run.id}</title>
<style>${new Html(style)}</style>
</head>
<body>
<main>${header(run, state, end)}${report.verdict && verdict(report.verdict, run.pipeline.file)}${contents}${body}</main>
<footer><p>${SIGNED}${run.tool}. This page is self-contained: it runs no scripts and loads nothing.</p></footer>
</body>
</html>
`.text;
}

function sectionsOf({ run, end, ranked, detailed, trainings, data: all, made }: Report): Section[] {
  const { file } = run.pipeline;
  const several = ranked.length > 1;
  const metrics = end?.metrics ?? {};
  const section = (title: string, content: Html): Section => ({ title, short: title, content });
  return [
    ...(several
      ? [section('Evaluations', html`${comparison(ranked, metrics)}${leftOut(ranked.length, detailed.length)}`)]
      : []),
    ...detailed.flatMap((one) => evaluationSections(one, metrics, file, several)),
    ...trainings.map((training) => section(`Training: ${training.node.name}`, curves(training, file))),
    section('Stages', graph(run.graph, end?.stages ?? [], made)),
    ...all.map((one) => section(all.length > 1 ? `Data: ${one.node.name}` : 'Data', data(one, file))),
    section('Provenance', provenance(run, end, made)),
    section('Pipeline file', source(run)),
  ];
}

function leftOut(all: number, shown: number): Html | undefined {
  return shown < all ? html`<p>The ${shown} best are shown in detail below.</p>` : undefined;
}

/** Metrics, side by side if there is room. */
function metricsSections(figures: EvaluationMetrics, rows: Predictions | undefined): Html {
  if (figures.task === 'multilabel')
    return html`${multilabelClassTable(figures)}<div class="pair"><div>${confusionByClass(figures)}</div>${rows && roc(rows)}</div>`;
  const { matrix, pairs } = confusion(figures);
  const classes = classTable(figures);
  const curve = rows && roc(rows);
  if (hasLongNames(figures.classes)) return html`${pairs}${matrix}${classes}${curve}`;
  if (figures.classes.length <= 3) return html`<div class="pair"><div>${matrix}${classes}</div>${curve}</div>`;
  return html`${matrix}<div class="pair">${pairs}${classes}${curve}</div>`;
}

/** How scores become classes. */
function decisionText(figures: EvaluationMetrics): string {
  if (figures.task === 'multilabel') return `. ${thresholdText(figures)}`;
  const { classes, threshold } = figures;
  return classes.length === 2 ? `; a score of at least ${threshold} means ${classes[1]}.` : '.';
}

function evaluationSections(
  { evaluation, training, folds, examples }: Detailed,
  metrics: RunEnd['metrics'],
  file: string,
  several: boolean,
): Section[] {
  const { node, figures, predictions } = evaluation;
  const section = (title: string, content: Html): Section => {
    if (!several) return { title, short: title, content };
    return { title: `${title}: ${node.name}`, short: title === 'Results' ? node.name : undefined, content };
  };
  const rows = valueOf(predictions);
  const results =
    figures.state === 'kept'
      ? html`<p>Evaluated on the ${folds === undefined ? figures.value.split : 'held-out'} images by the stage ${node.name}${decisionText(figures.value)}${figures.value.intervals === undefined ? undefined : html` Below each figure is the 95% interval: where it would be, with as many other images of the same kind${folds && ' and the same models'}.`}${folds && ' After ± is the standard deviation over the folds.'}</p>${metricCards(metrics[node.name] ?? {}, figures.value.intervals)}${metricsSections(figures.value, rows)}`
      : html`${own(metrics, node.name) === undefined ? undefined : metricCards(metrics[node.name])}${missing('The rest of this evaluation', figures, file)}`;
  const sections = [section('Results', results)];
  if (folds !== undefined && figures.state === 'kept') sections.push(section('Folds', foldTable(figures.value, folds)));
  if (training !== undefined) sections.push(section('Training', curves(training, file)));
  if (predictions.state === 'kept') {
    sections.push(section('Mistakes', mistakes(predictions.value, examples)));
  } else if (figures.state === 'kept') {
    sections.push(section('Mistakes', missing('The prediction for each image', predictions, file)));
  }
  return sections;
}

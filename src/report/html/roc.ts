/** ROC curves and the areas under them: of the second of two classes, or of each class against all others. */
import { rocAuc, rocCurve, type RocPoint } from '../../model/metrics.js';
import { labeledClasses } from '../../model/predicted-row.js';
import type { Predictions } from '../../model/results.js';
import { chartFigure, figure } from './figures.js';
import { legendOf, lineChart, type Series } from './line-chart.js';
import { html, type Html } from './markup.js';

/** More lines cannot be distinguished; the table of classes has their areas. */
const MOST_CURVES = 8;
/** Rows of the table of a curve. */
const MOST_ROWS = 50;

interface Curve {
  readonly name: string;
  readonly area: number;
  readonly points: readonly RocPoint[];
}

export function roc(predictions: Predictions): Html | undefined {
  const { classes, task } = predictions;
  if (classes.length > MOST_CURVES) return undefined;
  const isBinary = classes.length === 2 && task === undefined;
  const shown = isBinary ? [1] : [...classes.keys()];
  const curves = shown.flatMap((index): Curve[] => curveOf(predictions, index));
  if (curves.length === 0) return undefined;
  const series = curves.map(({ name, area, points }, index): Series => ({
    name: `${isBinary ? `${name} against ${classes[0]}` : name}, AUC ${area.toFixed(4)}`,
    points,
    tone: index + 1,
  }));
  // The names of two classes are in the legend, where long ones do no harm.
  const title = isBinary
    ? 'ROC curve'
    : task === undefined
      ? 'ROC curve of each class against the others'
      : 'ROC curve of each class';
  const chart = lineChart({
    description: `${title}. Area under the curve: ${curves.map(({ name, area }) => `${name} ${area.toFixed(4)}`).join(', ')}.`,
    series,
    x: { label: 'false positive rate', domain: [0, 1] },
    y: { label: 'true positive rate', domain: [0, 1] },
    diagonal: true,
    square: true,
  });
  return chartFigure({ title, chart, legend: legendOf(series), table: html`${curves.map(table)}` });
}

function curveOf({ classes, rows }: Predictions, index: number): Curve[] {
  const scores = rows.map((row) => row.scores[index]);
  const labels = [...rows].map((row) => Number(labeledClasses(row).includes(index)));
  const points = rocCurve(scores, labels);
  return points === undefined ? [] : [{ name: classes[index], area: rocAuc(scores, labels)!, points }];
}

function table({ name, area, points }: Curve): Html {
  const step = Math.ceil(points.length / MOST_ROWS);
  const rows = points.filter((_, index) => index % step === 0 || index === points.length - 1);
  return html`<table class="numbers"><caption>${name}: area ${figure(area)}</caption><thead><tr><th scope="col">false positive rate</th><th scope="col">true positive rate</th></tr></thead><tbody>${rows.map(([wrong, right]) => html`<tr><td>${figure(wrong)}</td><td>${figure(right)}</td></tr>`)}</tbody></table>`;
}

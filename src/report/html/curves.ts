/** Loss and accuracy over the epochs, of training and validation. */
import type { EpochMetrics } from '../../core/event.js';
import type { Training } from '../results/training.js';
import { chartFigure, figure, missing } from './figures.js';
import { legendOf, lineChart, type Series } from './line-chart.js';
import { html, type Html } from './markup.js';

type Metric = keyof EpochMetrics;

/** An epoch with its number, from 1. */
type Epoch = EpochMetrics & { readonly number: number };

/** Points of a line, and rows of the table that stands for it; of longer trainings every so many. */
const MOST_EPOCHS = 400;

export function curves({ history }: Training, file: string): Html {
  if (history.state !== 'kept') return missing('The course of the training', history, file);
  const { epochs, bestEpoch } = history.value;
  const shown = thinned(epochs);
  const accuracy = epochs.some((epoch) => epoch.accuracy !== undefined) ? curve(shown, 'Accuracy', 'accuracy', 'val_accuracy') : undefined;
  const kept = bestEpoch === epochs.length ? '' : ` The weights are those of epoch ${bestEpoch}.`;
  const length = epochs.length === 1 ? '1 epoch' : `${epochs.length} epochs`;
  const left = shown.length < epochs.length ? ` ${shown.length} of them are drawn.` : '';
  return html`<p>${length}.${left}${kept}</p><div class="pair">${curve(shown, 'Loss', 'loss', 'val_loss')}${accuracy}</div>`;
}

function thinned(epochs: readonly EpochMetrics[]): Epoch[] {
  const step = Math.ceil(epochs.length / MOST_EPOCHS);
  const numbered = epochs.map((epoch, index) => ({ ...epoch, number: index + 1 }));
  return numbered.filter(({ number }) => (number - 1) % step === 0 || number === epochs.length);
}

function curve(epochs: readonly Epoch[], title: string, training: Metric, validation: Metric): Html {
  const seriesOf = (name: string, metric: Metric, tone: number): Series => ({
    name,
    tone,
    points: epochs.flatMap((epoch) => (epoch[metric] === undefined ? [] : [[epoch.number, epoch[metric]] as const])),
  });
  const series = [seriesOf('training', training, 1), seriesOf('validation', validation, 2)].filter(({ points }) => points.length > 0);
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const last = epochs[epochs.length - 1].number;
  const isShare = training === 'accuracy';
  const chart = lineChart({
    description: `${title} over ${last} epochs. ${series.map(describe).join(' ')}`,
    series,
    x: { label: 'epoch', domain: [1, Math.max(2, last)], whole: true },
    y: { label: title.toLowerCase(), domain: isShare ? [Math.min(0.5, ...values), 1] : [0, Math.max(...values) * 1.04 || 1] },
    dots: true,
  });
  return chartFigure({ title, chart, legend: legendOf(series), table: table(epochs, title, series.map(({ name }) => name), [training, validation]) });
}

function describe({ name, points }: Series): string {
  return `${name}: from ${points[0][1].toFixed(4)} to ${points[points.length - 1][1].toFixed(4)}.`;
}

function table(epochs: readonly Epoch[], title: string, names: readonly string[], metrics: readonly Metric[]): Html {
  const columns = metrics.slice(0, names.length);
  const rows = epochs.map((epoch) => html`<tr><th scope="row">${epoch.number}</th>${columns.map((metric) => html`<td>${epoch[metric] === undefined ? '–' : figure(epoch[metric])}</td>`)}</tr>`);
  return html`<table class="numbers"><caption>${title} by epoch</caption><thead><tr><th scope="col">epoch</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

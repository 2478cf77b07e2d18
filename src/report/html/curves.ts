/** Loss and accuracy over the epochs, of training and validation. */
import type { EpochMetrics } from '../../core/event.js';
import type { History, Training } from '../results/training.js';
import { chartFigure, figure, missing } from './figures.js';
import { legendOf, lineChart, type Series } from './line-chart.js';
import { html, type Html } from './markup.js';

type Metric = keyof EpochMetrics;

export function curves({ history }: Training, file: string): Html {
  if (history.state !== 'kept') return missing('The course of the training', history, file);
  const { epochs, bestEpoch } = history.value;
  const accuracy = epochs.some((epoch) => epoch.accuracy !== undefined) ? curve(history.value, 'Accuracy', 'accuracy', 'val_accuracy') : undefined;
  const kept = bestEpoch === epochs.length ? '' : ` The weights are those of epoch ${bestEpoch}.`;
  const length = epochs.length === 1 ? '1 epoch' : `${epochs.length} epochs`;
  return html`<p>${length}.${kept}</p><div class="pair">${curve(history.value, 'Loss', 'loss', 'val_loss')}${accuracy}</div>`;
}

function curve({ epochs }: History, title: string, training: Metric, validation: Metric): Html {
  const seriesOf = (name: string, metric: Metric, tone: number): Series => ({
    name,
    tone,
    points: epochs.flatMap((epoch, index) => (epoch[metric] === undefined ? [] : [[index + 1, epoch[metric]] as const])),
  });
  const series = [seriesOf('training', training, 1), seriesOf('validation', validation, 2)].filter(({ points }) => points.length > 0);
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const isShare = training === 'accuracy';
  const chart = lineChart({
    description: `${title} over ${epochs.length} epochs. ${series.map(describe).join(' ')}`,
    series,
    x: { label: 'epoch', domain: [1, Math.max(2, epochs.length)], whole: true },
    y: { label: title.toLowerCase(), domain: isShare ? [Math.min(0.5, ...values), 1] : [0, Math.max(...values) * 1.04 || 1] },
    dots: true,
  });
  return chartFigure({ title, chart, legend: legendOf(series), table: table(epochs, title, series.map(({ name }) => name), [training, validation]) });
}

function describe({ name, points }: Series): string {
  return `${name}: from ${points[0][1].toFixed(4)} to ${points[points.length - 1][1].toFixed(4)}.`;
}

function table(epochs: readonly EpochMetrics[], title: string, names: readonly string[], metrics: readonly Metric[]): Html {
  const columns = metrics.slice(0, names.length);
  const rows = epochs.map((epoch, index) => html`<tr><th scope="row">${index + 1}</th>${columns.map((metric) => html`<td>${epoch[metric] === undefined ? '–' : figure(epoch[metric])}</td>`)}</tr>`);
  return html`<table class="numbers"><caption>${title} by epoch</caption><thead><tr><th scope="col">epoch</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

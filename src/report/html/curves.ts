/** Loss, accuracy and a learning rate that changes, over the epochs. */
import type { EpochRecord } from '../../model/results.js';
import type { Training } from '../results/training.js';
import { chartFigure, figure, fourDigits, missing } from './figures.js';
import { legendOf, lineChart, type Series } from './line-chart.js';
import { html, type Html } from './markup.js';

/** An epoch with its number, from 1. */
type Epoch = EpochRecord & { readonly number: number };

/** A line of a chart, and a column of its table. */
type Line = readonly [name: string, metric: keyof EpochRecord];

interface Curve {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Range of the vertical axis for the plotted values. */
  readonly domain: (values: readonly number[]) => readonly [number, number];
  readonly text: (value: number) => string;
}

/** Most points of a line and rows of the table; longer trainings are thinned out. */
const MOST_EPOCHS = 400;

const fromZero = (values: readonly number[]): readonly [number, number] => [0, Math.max(...values) * 1.04 || 1];
const loss: Curve = {
  title: 'Loss',
  lines: [
    ['training', 'loss'],
    ['validation', 'val_loss'],
  ],
  domain: fromZero,
  text: fourDigits,
};
const accuracy: Curve = {
  title: 'Accuracy',
  lines: [
    ['training', 'accuracy'],
    ['validation', 'val_accuracy'],
  ],
  domain: (values) => [Math.min(0.5, ...values), 1],
  text: fourDigits,
};
const binaryAccuracy: Curve = {
  ...accuracy,
  title: 'Binary accuracy',
  lines: [
    ['training', 'binary_accuracy'],
    ['validation', 'val_binary_accuracy'],
  ],
};
const rate: Curve = {
  title: 'Learning rate',
  lines: [['last step of the epoch', 'learning_rate']],
  domain: fromZero,
  text: (value) => String(Number(value.toPrecision(4))),
};

export function curves({ history }: Training, file: string): Html {
  if (history.state !== 'kept') return missing('The training history', history, file);
  const { epochs, bestEpoch } = history.value;
  const shown = thinned(epochs);
  const charts = [loss];
  if (epochs.some((epoch) => epoch.accuracy !== undefined)) charts.push(accuracy);
  if (epochs.some((epoch) => epoch.binary_accuracy !== undefined)) charts.push(binaryAccuracy);
  if (epochs.some((epoch) => epoch.learning_rate !== epochs[0].learning_rate)) charts.push(rate);
  const kept = bestEpoch === epochs.length ? '' : ` The model has the weights of epoch ${bestEpoch}.`;
  const length = epochs.length === 1 ? '1 epoch' : `${epochs.length} epochs`;
  const left = shown.length < epochs.length ? ` ${shown.length} of them are plotted.` : '';
  return html`<p>${length}.${left}${kept}</p><div class="pair">${charts.map((one) => draw(shown, one))}</div>`;
}

function thinned(epochs: readonly EpochRecord[]): Epoch[] {
  const step = Math.ceil(epochs.length / MOST_EPOCHS);
  const numbered = epochs.map((epoch, index) => ({ ...epoch, number: index + 1 }));
  return numbered.filter(({ number }) => (number - 1) % step === 0 || number === epochs.length);
}

function draw(epochs: readonly Epoch[], { title, lines, domain, text }: Curve): Html {
  const measured = lines.filter(([, metric]) => epochs.some((epoch) => epoch[metric] !== undefined));
  const series = measured.map(([name, metric], index): Series => ({
    name,
    tone: index + 1,
    points: epochs.flatMap((epoch) => (epoch[metric] === undefined ? [] : [[epoch.number, epoch[metric]] as const])),
  }));
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const last = epochs[epochs.length - 1].number;
  const chart = lineChart({
    description: `${title} over ${last} epochs. ${series.map((one) => describe(one, text)).join(' ')}`,
    series,
    x: { label: 'epoch', domain: [1, Math.max(2, last)], whole: true },
    y: { label: title.toLowerCase(), domain: domain(values) },
    dots: true,
  });
  return chartFigure({ title, chart, legend: legendOf(series), table: table(epochs, title, measured, text) });
}

function describe({ name, points }: Series, text: Curve['text']): string {
  return `${name}: from ${text(points[0][1])} to ${text(points[points.length - 1][1])}.`;
}

function table(epochs: readonly Epoch[], title: string, lines: readonly Line[], text: Curve['text']): Html {
  const rows = epochs.map(
    (epoch) =>
      html`<tr><th scope="row">${epoch.number}</th>${lines.map(([, metric]) => html`<td>${epoch[metric] === undefined ? '–' : figure(epoch[metric], text)}</td>`)}</tr>`,
  );
  return html`<table class="numbers"><caption>${title} by epoch</caption><thead><tr><th scope="col">epoch</th>${lines.map(([name]) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

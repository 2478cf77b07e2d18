/** Line charts as SVG: scales and paths by d3, no script on the page, colors from its style sheet. */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { html, type Html } from './markup.js';

export interface Series {
  readonly name: string;
  /** [x, y] */
  readonly points: readonly (readonly [number, number])[];
  /** Index of its color and dashes, from 1. */
  readonly tone: number;
}

export interface LineChart {
  /** Text alternative for people who cannot see it. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly x: Axis;
  readonly y: Axis;
  /** Draw points if they are few. */
  readonly dots?: boolean;
  /** A thin line for comparison, from one corner to the other. */
  readonly diagonal?: boolean;
  readonly square?: boolean;
}

interface Axis {
  readonly label: string;
  readonly domain: readonly [number, number];
  /** Ticks only at integers. */
  readonly whole?: boolean;
}

/** The left margin fits values such as 0.002 and the title, in the larger font of a phone. */
const MARGIN = { top: 12, right: 14, bottom: 40, left: 70 };
const MOST_DOTS = 60;

export function lineChart({
  description,
  series,
  x,
  y,
  dots = false,
  diagonal = false,
  square = false,
}: LineChart): Html {
  const width = square ? 440 : 520;
  const height = square ? 420 : 300;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const toX = scaleLinear(x.domain, [MARGIN.left, right]);
  const toY = scaleLinear(y.domain, [bottom, MARGIN.top]);
  const path = line<readonly [number, number]>(
    ([at]) => round(toX(at)),
    ([, value]) => round(toY(value)),
  );
  const xTicks = toX.ticks(6).filter((tick) => !x.whole || Number.isInteger(tick));
  // Small values would not fit next to the axis in full.
  const format = toY.tickFormat(5, y.domain[1] < 0.01 ? '~e' : undefined);
  const formatX = x.whole ? String : toX.tickFormat(6);
  const grid = toY.ticks(5).map((tick) => {
    const at = round(toY(tick));
    return html`<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${MARGIN.left - 8}" y="${at + 4}" text-anchor="end">${tick === 0 ? '0' : format(tick)}</text>`;
  });
  const ticks = xTicks.map(
    (tick) => html`<text x="${round(toX(tick))}" y="${bottom + 18}" text-anchor="middle">${formatX(tick)}</text>`,
  );
  const lines = series.map(({ points, tone }) => html`<path class="line tone-${tone}" d="${path(points) ?? ''}"/>`);
  const marks = series.flatMap(({ name, points, tone }) => {
    if (points.length > 1 && (!dots || points.length > MOST_DOTS)) return [];
    return points.map(
      ([at, value]) =>
        html`<circle class="dot tone-${tone}" cx="${round(toX(at))}" cy="${round(toY(value))}" r="3"><title>${name}, ${x.label} ${at}: ${value.toPrecision(4)}</title></circle>`,
    );
  });
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">${grid}${ticks}<line class="axis" x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>${
    diagonal
      ? html`<line class="chance" x1="${MARGIN.left}" y1="${bottom}" x2="${right}" y2="${MARGIN.top}"/>`
      : undefined
  }${lines}${marks}<text class="label" x="${(MARGIN.left + right) / 2}" y="${height - 4}" text-anchor="middle">${x.label}</text><text class="label" transform="translate(13 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${y.label}</text></svg>`;
}

/** The legend: colors and dashes of the lines. */
export function legendOf(series: readonly Series[]): Html {
  return html`<ul class="legend">${series.map(({ name, tone }) => html`<li><svg viewBox="0 0 26 8" aria-hidden="true"><line class="line tone-${tone}" x1="1" x2="25" y1="4" y2="4"/></svg>${name}</li>`)}</ul>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

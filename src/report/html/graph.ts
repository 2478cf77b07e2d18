/** The stages of a run as a graph and as a table, with their states and times. */
import { linkVertical } from 'd3-shape';
import type { StageState } from '../../core/event.js';
import type { RecordedNode, StageOutcome } from '../../core/run-record.js';
import { duration } from '../words.js';
import { namesClass } from './name-column.js';
import { whole } from './figures.js';
import { layOut, type DrawnStage } from './graph-layout.js';
import { html, type Html } from './markup.js';
import type { Made } from './provenance.js';

const BOX = { width: 158, height: 50 };
const PITCH = { x: 186, y: 86 };
const EDGE = 3;
/** A wider graph stands above the table. */
const LANES_BESIDE = 2;

const marks: Readonly<Record<StageState | 'none', string>> = {
  ran: '✔',
  restored: '↺',
  fresh: '•',
  failed: '✘',
  interrupted: '■',
  skipped: '–',
  none: ' ',
};

/** `made` has the times of stages that did not run this time. */
export function graph(
  nodes: readonly RecordedNode[],
  outcomes: readonly StageOutcome[],
  made: ReadonlyMap<string, Made>,
): Html {
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]));
  const stages = layOut(nodes);
  const lanes = Math.max(...stages.map(({ lane }) => lane)) + 1;
  const width = lanes * PITCH.x - (PITCH.x - BOX.width) + 2 * EDGE;
  const height = (Math.max(...stages.map(({ layer }) => layer)) + 1) * PITCH.y - (PITCH.y - BOX.height) + 2 * EDGE;
  const edges = stages.flatMap((stage) =>
    stage.after.map((name) =>
      edge(
        stages.find((other) => other.name === name)!,
        stage,
        stages,
      ),
    ),
  );
  const boxes = stages.map((stage) =>
    box(
      stage,
      stage.members.flatMap((name) => byName.get(name) ?? []),
      made,
    ),
  );
  const drawing = html`<svg class="graph" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Stages and their dependencies; the table has the same information">${edges}${boxes}</svg>`;
  const stageTable = table(nodes, byName, made);
  return lanes <= LANES_BESIDE
    ? html`<div class="split"><figure><figcaption>Stage graph</figcaption>${drawing}</figure>${stageTable}</div>`
    : html`<figure><figcaption>Stage graph</figcaption><div class="scroll" tabindex="0" role="region" aria-label="Stage graph">${drawing}</div></figure>${stageTable}`;
}

function placeOf({ lane, layer }: DrawnStage): { x: number; y: number } {
  return { x: EDGE + lane * PITCH.x, y: EDGE + layer * PITCH.y };
}

function box(stage: DrawnStage, outcomes: readonly StageOutcome[], made: ReadonlyMap<string, Made>): Html {
  const { x, y } = placeOf(stage);
  const state = stateOf(outcomes);
  const text = stateText(state, outcomes, made);
  const times = stage.members.length > 1 ? ` ×${stage.members.length}` : '';
  return html`<g class="stage ${state}" transform="translate(${x} ${y})"><title>${stage.name}${times}: ${text}</title><rect width="${BOX.width}" height="${BOX.height}" rx="7"/><text class="name" x="12" y="21">${cut(stage.name, 17)}${times}</text><text class="said" x="12" y="39">${marks[state]} ${text}</text></g>`;
}

/** One state for the variants of a stage: the most serious one. */
function stateOf(outcomes: readonly StageOutcome[]): StageState | 'none' {
  const order: readonly StageState[] = ['failed', 'interrupted', 'skipped', 'ran', 'restored', 'fresh'];
  return order.find((state) => outcomes.some((outcome) => outcome.state === state)) ?? 'none';
}

function stateText(
  state: StageState | 'none',
  outcomes: readonly StageOutcome[],
  made: ReadonlyMap<string, Made>,
): string {
  if (state === 'none') return 'not in this run';
  const times = outcomes.map((outcome) => timeOf(outcome, made));
  const known = times.every((time) => time !== undefined)
    ? duration(times.reduce((sum, time) => sum + time, 0))
    : undefined;
  if (known === undefined || state === 'failed' || state === 'interrupted' || state === 'skipped') return state;
  return state === 'ran' ? `ran ${known}` : `${state} (${known})`;
}

/** How long the work took, in this run or when it was computed, without waiting; undefined if unknown. */
function timeOf({ name, state, durationMs }: StageOutcome, made: ReadonlyMap<string, Made>): number | undefined {
  return (
    made.get(name)?.durationMs ??
    (state === 'ran' || state === 'failed' || state === 'interrupted' ? durationMs : undefined)
  );
}

/** From box to box; if boxes are in the way, through the gap next to them. */
function edge(from: DrawnStage, to: DrawnStage, stages: readonly DrawnStage[]): Html {
  const start = placeOf(from);
  const end = placeOf(to);
  const centre = BOX.width / 2;
  const source: [number, number] = [start.x + centre, start.y + BOX.height];
  const target: [number, number] = [end.x + centre, end.y];
  const curve = linkVertical();
  const between = stages.filter(({ layer }) => layer > from.layer && layer < to.layer);
  if (between.length === 0) return html`<path class="edge" d="${curve({ source, target }) ?? ''}"/>`;
  const isFree = (lane: number): boolean => between.every((stage) => stage.lane !== lane);
  const gap = start.x + (to.lane > from.lane ? BOX.width + (PITCH.x - BOX.width) / 2 : -(PITCH.x - BOX.width) / 2);
  const x = isFree(from.lane) ? source[0] : isFree(to.lane) ? target[0] : Math.max(EDGE, gap);
  const top: [number, number] = [x, source[1] + PITCH.y - BOX.height];
  const bottom: [number, number] = [x, target[1] - (PITCH.y - BOX.height)];
  return html`<path class="edge" d="${curve({ source, target: top }) ?? ''}L${bottom.join(',')}${curve({ source: bottom, target }) ?? ''}"/>`;
}

function table(
  nodes: readonly RecordedNode[],
  byName: ReadonlyMap<string, StageOutcome>,
  made: ReadonlyMap<string, Made>,
): Html {
  const rows = nodes.map(({ name, kind, variant }) => {
    const outcome = byName.get(name);
    if (outcome === undefined)
      return html`<tr><th scope="row">${name}</th><td class="text" colspan="5">not in this run</td></tr>`;
    const { state, reason, features } = outcome;
    const time = timeOf(outcome, made);
    const own = kind === (variant?.base ?? name) ? undefined : html` <small>${kind}</small>`;
    return html`<tr><th scope="row">${name}${own}</th><td class="state ${state}">${marks[state]} ${state}</td><td>${time === undefined ? '–' : html`<data value="${time}">${duration(time)}</data>`}</td><td class="text">${reason}</td><td>${features && whole(features.extracted)}</td><td>${features && whole(features.reused)}</td></tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Stages"><table class="numbers wide ${namesClass(nodes.map(({ name }) => name))}"><caption>${whole(nodes.length)} stages with their run times</caption><thead><tr><th scope="col">stage</th><th scope="col" class="state">state</th><th scope="col">time</th><th scope="col" class="text">reason</th><th scope="col">extracted</th><th scope="col">reused</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

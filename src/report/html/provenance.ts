/** Where results come from: versions, seed, weights, and the key of each stage. */
import type { Json } from '../../core/canonical.js';
import { own } from '../../core/own.js';
import type { RunEnd, RunStart, StageOutcome } from '../../core/run-record.js';
import { computedByText } from '../computed-by.js';
import { firstOf } from '../words.js';
import { moment } from './figures.js';
import { html, type Html } from './markup.js';

/** When and by which version a stage's result was computed, maybe in an earlier run. */
export interface Made {
  readonly createdAt: string;
  readonly tool: string;
  readonly durationMs: number;
  /** Engine and processor, where they decide the last bits. */
  readonly computedBy?: Readonly<Record<string, string>>;
}

/** Outputs of train that are weights, in words. */
const weightNames: Readonly<Record<string, string>> = { weights: 'base', trained_weights: 'trained' };

export function provenance(run: RunStart, end: RunEnd | undefined, made: ReadonlyMap<string, Made>): Html {
  const stages = end?.stages ?? [];
  const facts: [string, string | Html][] = [
    ['run', html`<code>${run.id}</code>`],
    ['pipeline', `${run.pipeline.name}, ${run.pipeline.file}`],
    ['seed', String(run.pipeline.seed)],
    ['tool', `transfer-pipeline ${run.tool}`],
    ['Node.js', `${run.node} on ${run.platform}`],
    ...environments(stages),
    ...computedBy(made),
    ...weightFiles(stages),
    ...weights(stages),
  ];
  const rows = facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="text">${value}</td></tr>`);
  return html`<table class="facts"><caption>Versions and digests</caption><tbody>${rows}</tbody></table>${keys(stages, made)}`;
}

/** Libraries and engines in the keys, each version once. */
function environments(stages: readonly StageOutcome[]): [string, string][] {
  const found = new Map<string, Set<string>>();
  for (const { preimage } of stages) {
    const environment = (preimage as { environment?: Json } | undefined)?.environment;
    if (environment === null || typeof environment !== 'object') continue;
    for (const [name, value] of Object.entries(environment))
      found.set(name, (found.get(name) ?? new Set()).add(inWords(value as Json)));
  }
  return [...found].map(([name, versions]) => [own(wordsFor, name) ?? name, [...versions].join('; ')]);
}

const wordsFor: Readonly<Record<string, string>> = { featureType: 'cached features' };

function inWords(value: Json): string {
  if (value === null || typeof value !== 'object') return String(value);
  const { name, ...rest } = value as { readonly [key: string]: Json };
  const others = Object.entries(rest)
    .filter(([key]) => key !== 'impl')
    .map(([key, version]) =>
      key === 'version' || key === 'backend' ? inWords(version) : `${key} ${inWords(version)}`,
    );
  return [name === undefined ? [] : String(name), ...others].flat().join(', ');
}

/** Engines and processors of the results, each once with its stages: those of earlier runs may be of another machine. */
function computedBy(made: ReadonlyMap<string, Made>): [string, string][] {
  const stagesBy = new Map<string, string[]>();
  for (const [stage, record] of made) {
    const text = computedByText(record.computedBy);
    if (text !== undefined) stagesBy.set(text, [...(stagesBy.get(text) ?? []), stage]);
  }
  return [...stagesBy].map(([text, stages]) => [`${firstOf(stages)} computed by`, text]);
}

/** Digests of the weights files of bases, as in lock files and model cards. */
function weightFiles(stages: readonly StageOutcome[]): [string, Html][] {
  return stages.flatMap(({ kind, name, preimage }) => {
    const file =
      kind === 'load-base'
        ? (preimage as { survey?: { weights?: Json } | null } | undefined)?.survey?.weights
        : undefined;
    const { sha256, md5 } = (typeof file === 'string' ? { sha256: file } : (file ?? {})) as {
      readonly sha256?: string;
      readonly md5?: string;
    };
    const digest = sha256 ?? (md5 === undefined ? undefined : `md5 ${md5}`);
    return digest === undefined ? [] : [[`weights file of ${name}`, html`<code>${digest}</code>`]];
  });
}

/** Digests in the cache of the weights before and after the trainings, each once. */
function weights(stages: readonly StageOutcome[]): [string, Html][] {
  const owners = new Map<string, { readonly output: string; readonly names: string[] }>();
  for (const { kind, name, outputs = {} } of stages) {
    if (kind !== 'train') continue;
    for (const [output, { digest }] of Object.entries(outputs)) {
      if (own(weightNames, output) === undefined) continue;
      const known = owners.get(digest) ?? { output, names: [] };
      known.names.push(name);
      owners.set(digest, known);
    }
  }
  return [...owners].map(([digest, { output, names }]) => {
    const whose = names.length > 3 ? `${names.length} trainings` : names.join(', ');
    return [`${weightNames[output]} weights of ${whose}, in the cache`, html`<code>${digest}</code>`];
  });
}

function keys(stages: readonly StageOutcome[], made: ReadonlyMap<string, Made>): Html | undefined {
  if (stages.length === 0) return undefined;
  const rows = stages.map(({ name, key }) => {
    const record = made.get(name);
    const when =
      record === undefined
        ? html`<td class="text">–</td>`
        : html`<td class="text">${moment(record.createdAt)}, ${record.tool}</td>`;
    return html`<tr><th scope="row">${name}</th><td class="text">${key === undefined ? '–' : html`<code>${key}</code>`}</td>${when}</tr>`;
  });
  return html`<details><summary>Action keys: hashes of everything that each stage’s result depends on</summary><div class="scroll" tabindex="0" role="region" aria-label="Action keys"><table class="numbers"><caption>Action keys</caption><thead><tr><th scope="col">stage</th><th scope="col" class="text">key</th><th scope="col" class="text">computed, by version</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

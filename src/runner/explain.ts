/** Why a stage's key changed: the difference between two preimages, in words. */
import type { Json } from '../core/canonical.js';
import { deviceOf, deviceText } from '../core/engine-choice.js';
import { isRecord } from '../core/is-record.js';
import { isStageKind, outputName } from '../config/schemas.js';
import { own } from '../core/own.js';
import type { Preimage } from './action-key.js';

type Change = { readonly path: string; readonly before: Json | undefined; readonly after: Json | undefined };

/** Every leaf that differs, with the path to it. */
function differences(before: Json | undefined, after: Json | undefined, path = ''): Change[] {
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) =>
      differences(own(before, name), own(after, name), path === '' ? name : `${path}.${name}`),
    );
  }
  // Lists of plain values, such as a size, are short: they read better as a whole.
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && before.some(isRecord)) {
    return before.flatMap((item, index) => differences(item as Json, after[index] as Json, `${path}[${index}]`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

const LONGEST = 60;

function show(value: Json | undefined): string {
  const text = Array.isArray(value) && value.some(isRecord) ? namesOf(value as Json[]) : flow(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

/** Of layers, the names: their settings would fill several lines. */
function namesOf(items: readonly Json[]): string {
  return `[${items.map((item) => (isRecord(item) ? Object.keys(item).join(' ') : flow(item))).join(', ')}]`;
}

/** As a person writes it in the file: `{until: block5_conv1}`. */
function flow(value: Json | undefined): string {
  if (value === undefined || value === null) return 'none';
  if (Array.isArray(value)) return `[${value.map((item) => flow(item as Json)).join(', ')}]`;
  if (!isRecord(value)) return String(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}: ${flow(inner as Json)}`)
    .join(', ')}}`;
}

/** Paths such as `layers[1].dense.units` read better without the list's frame: `dense.units`. */
function fieldName(path: string): string {
  return path.replace(/^layers\[\d+\]\./, '');
}

function inputReason(kind: string, path: string): string {
  if (/^folds\b/.test(path)) return 'a fold changed';
  const [field, output] = path.replace(/\[\d+\]/, '').split('.');
  const name = isStageKind(kind) ? outputName(kind, field, output) : undefined;
  return `${name ?? `the ${output} of ${field}`} changed`;
}

/**
 * The reasons, most relevant first: fields (`dense.units 256 -> 128`), then what is outside, inputs, versions.
 * Empty if the preimages are equal.
 */
export function describeChange(before: Preimage, after: Preimage): string[] {
  const reasons: string[] = [];
  for (const { path, before: from, after: to } of differences(before.config, after.config)) {
    reasons.push(`${fieldName(path)} ${show(from)} -> ${show(to)}`);
  }
  reasons.push(...surveyReasons(before.survey, after.survey));
  reasons.push(...new Set(differences(before.inputs, after.inputs).map(({ path }) => inputReason(after.kind, path))));
  for (const { path, before: from, after: to } of differences(before.environment, after.environment)) {
    reasons.push(deviceReason(path, from, to) ?? `${path || 'environment'} ${show(from)} -> ${show(to)}`);
  }
  if (before.kind !== after.kind) reasons.push(`kind ${before.kind} -> ${after.kind}`);
  if (before.impl !== after.impl) reasons.push(`this tool's ${after.kind} ${before.impl} -> ${after.impl}`);
  if (before.schema !== after.schema) reasons.push('the cache key format changed');
  return reasons;
}

/** The processor and a device, or two devices; what TF.js runs on is not the user's to choose. */
function deviceReason(path: string, before: Json | undefined, after: Json | undefined): string | undefined {
  if (path !== 'engine.backend' || typeof before !== 'string' || typeof after !== 'string') return undefined;
  if (deviceOf(before) === undefined && deviceOf(after) === undefined) return undefined;
  return `device ${deviceText(before)} -> ${deviceText(after)}`;
}

/** What a stage found outside, by the name under which its survey puts it. */
const foundWords: Readonly<Record<string, string>> = {
  content: 'files were renamed, moved or edited',
  archive: 'the archive changed',
  labels: 'labels in the table changed',
  unread: 'the unreadable files changed',
  weights: 'the weights file changed',
  probe: 'this version examines files differently',
};

/** Digests mean nothing to a reader: numbers that changed come first, otherwise the plain fact. */
function surveyReasons(before: Json, after: Json): string[] {
  const changes = differences(before, after);
  if (changes.length === 0) return [];
  const numbers = changes.filter(({ before: from, after: to }) => typeof from === 'number' && typeof to === 'number');
  if (numbers.length > 0)
    return numbers.map(({ path, before: from, after: to }) => `${path} ${show(from)} -> ${show(to)}`);
  return [
    ...new Set(
      changes.map(
        ({ path }) => foundWords[path.split('.', 1)[0]] ?? `${path || 'what is outside the pipeline'} changed`,
      ),
    ),
  ];
}

/**
 * Finds the stages that stages read. A reference that is left out is filled in where exactly one stage fits. What fits:
 * - a stage that provides what the field asks for, other than the stage itself and those that read from it;
 * - one that only passes its input on with changes (augment, freeze) if the changes matter: augmentation for `train`,
 *   freezing for `build-head`. There the last one of a chain is meant: of load-base and the freeze that reads it, the
 *   freeze. Everywhere else it is the stage that the images or the base come from in the first place.
 * Of trainings that continue from each other, the last one is meant.
 */
import { nameList } from '../core/text/names.js';
import type { Problem } from '../core/problem.js';
import type { StageKind } from '../core/schema-types.js';
import { cycleProblems, type Edge } from './cycles.js';
import type { ReferenceField, Role } from './pipeline.js';
import type { Locator } from './locator.js';
import { providersOf, type Reference, referencesOf, stageSchema } from './schemas.js';
import type { DraftStage } from './validate.js';
import { didYouMean, listed } from './words.js';

/** References by stage and field. */
export type References = ReadonlyMap<string, Readonly<Partial<Record<ReferenceField, string>>>>;

type Found = { readonly to: string } | { readonly problem: Problem } | undefined;

type KnownStage = DraftStage & { readonly kind: StageKind };

const roleNames: Readonly<Record<Role, string>> = {
  data: 'images',
  base: 'base',
  model: 'model to train',
  trained: 'trained model',
  metrics: 'metrics',
};

export function resolveReferences(
  stages: readonly DraftStage[],
  locator: Locator,
): { references: References; problems: Problem[] } {
  const resolver = new Resolver(stages, locator);
  const problems: Problem[] = [];
  const references = new Map<string, Partial<Record<ReferenceField, string>>>();
  for (const stage of stages) {
    const found: Partial<Record<ReferenceField, string>> = {};
    for (const reference of stage.kind === undefined ? [] : referencesOf(stage.kind)) {
      const result = resolver.resolve(stage, reference);
      if (result === undefined) continue;
      if ('problem' in result) problems.push(result.problem);
      else found[reference.field] = result.to;
    }
    references.set(stage.name, found);
  }
  return { references, problems: [...problems, ...cycleProblems(resolver.edges, locator)] };
}

class Resolver {
  private readonly byName: ReadonlyMap<string, DraftStage>;
  private readonly allKindsKnown: boolean;
  /** References that the file writes, to stages that are there. */
  readonly edges: readonly Edge[];
  private readonly readersOf = new Map<string, string[]>();
  private readonly readBy = new Map<string, string[]>();
  private readonly providers = new Map<Role, KnownStage[]>();
  /** By the name of a provider, all that it reads, directly or not. */
  private readonly ancestors = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly stages: readonly DraftStage[],
    private readonly locator: Locator,
  ) {
    this.byName = new Map(stages.map((stage) => [stage.name, stage]));
    this.allKindsKnown = stages.every((stage) => stage.kind !== undefined);
    this.edges = stages.flatMap((stage) => this.edgesOf(stage));
    for (const { from, to } of this.edges) {
      addTo(this.readersOf, to, from);
      addTo(this.readBy, from, to);
    }
  }

  private edgesOf(stage: DraftStage): Edge[] {
    return (stage.kind === undefined ? [] : referencesOf(stage.kind)).flatMap(({ field }) => {
      const to = stage.written[field];
      return typeof to === 'string' && this.byName.has(to) ? [{ from: stage.name, to, field }] : [];
    });
  }

  /** Undefined if it is unknown because of a problem that is reported elsewhere. */
  resolve(stage: DraftStage, reference: Reference): Found {
    const written = stage.written[reference.field];
    const standIn = referencesOf(stage.kind!).find(
      ({ field, inPlaceOf }) => inPlaceOf === reference.field && stage.written[field] !== undefined,
    );
    if (standIn !== undefined)
      return written === undefined ? undefined : { problem: this.bothWritten(stage, standIn.field, reference.field) };
    if (written === undefined && reference.inPlaceOf !== undefined) return undefined;
    // A stage may be switched by `--set` or a matrix: what is not read then may still be written.
    if (Object.entries(reference.onlyWith).some(([field, value]) => stage.written[field] !== value)) return undefined;
    if (written === undefined) return this.allKindsKnown ? this.fillIn(stage, reference) : undefined;
    return typeof written === 'string' ? this.check(stage, reference, written) : undefined;
  }

  private bothWritten(stage: DraftStage, field: ReferenceField, other: ReferenceField): Problem {
    const found = `\`${field}\` and \`${other}\` cannot be used together`;
    const remedy = `remove \`${other}\`: the stage in \`${field}\` provides the model`;
    return {
      code: 'two-models',
      ...this.locator.at(['stages', stage.name, field]),
      found,
      expected: 'exactly one of them',
      remedy,
    };
  }

  private check(stage: DraftStage, { field, role }: Reference, to: string): Found {
    const target = this.byName.get(to);
    if (target !== undefined && (target.kind === undefined || providersOf(role).includes(target.kind))) {
      return target.kind === undefined ? undefined : { to };
    }
    const place = this.locator.at(['stages', stage.name, field]);
    const fitting = this.candidates(stage, role).map(({ name }) => name);
    const expected = fittingWords(role, fitting);
    if (target?.kind === undefined) {
      const names = this.stages.map(({ name }) => name).filter((name) => name !== stage.name);
      const remedy = didYouMean(to, fitting) ?? didYouMean(to, names);
      return { problem: { code: 'unknown-stage', ...place, found: `there is no stage \`${to}\``, expected, remedy } };
    }
    const found = `\`${to}\` is ${withArticle(target.kind)} stage, which provides no ${roleNames[role]}`;
    const remedy = fitting.length === 1 ? `write \`${field}: ${fitting[0]}\`` : undefined;
    return { problem: { code: 'wrong-stage', ...place, found, expected, remedy } };
  }

  private fillIn(stage: DraftStage, reference: Reference): Found {
    const { field, role } = reference;
    const candidates = this.candidates(stage, role);
    const matters = stage.kind !== undefined && stageSchema(stage.kind)['x-takes-last'] === field;
    const fitting = matters
      ? this.endsOfChains(candidates, role)
      : candidates.filter(({ kind }) => !passesOn(kind, role));
    if (fitting.length === 1) return { to: fitting[0].name };
    // Each of them continues from another one: a cycle, which is reported elsewhere.
    if (matters && fitting.length === 0 && candidates.length > 0) return undefined;
    const names = fitting.map(({ name }) => name);
    const place = this.locator.at(['stages', stage.name], 'key');
    const asked = `\`${stage.name}\` needs a stage with ${someOf(role)} as \`${field}\``;
    if (names.length > 1) {
      // The end of a chain with a broken link is unknown; the link is reported elsewhere.
      if (matters && candidates.some((candidate) => this.isBroken(candidate, role))) return undefined;
      const found = `${asked}, and ${names.length} qualify: ${nameList(names)}`;
      const remedy = `write \`${field}:\` followed by one of these names`;
      return { problem: { code: 'ambiguous-reference', ...place, found, remedy } };
    }
    const kinds = providersOf(role).filter((kind) => !passesOn(kind, role));
    const remedy = `add a stage of kind ${listed(kinds, 'or')}`;
    return { problem: { code: 'no-stage-for-reference', ...place, found: `${asked}, but there is none`, remedy } };
  }

  /** Candidates that no other candidate takes its input from. */
  private endsOfChains(candidates: readonly KnownStage[], role: Role): KnownStage[] {
    const passedOn = new Set<string>();
    for (const candidate of candidates) {
      const found = this.before(candidate, role);
      if (found !== undefined && 'to' in found) passedOn.add(found.to);
    }
    return candidates.filter(({ name }) => !passedOn.has(name));
  }

  /** The stage from which a candidate takes what it passes on. */
  private before(candidate: KnownStage, role: Role): Found {
    const reference = referencesOf(candidate.kind).find((one) => one.role === role);
    return reference && this.resolve(candidate, reference);
  }

  private isBroken(candidate: KnownStage, role: Role): boolean {
    const found = this.before(candidate, role);
    return found !== undefined && 'problem' in found;
  }

  /** Stages that provide the role and do not read from the stage themselves. */
  private candidates(stage: DraftStage, role: Role): KnownStage[] {
    const providers = this.providersFor(role);
    // Both searches are short: a few providers are searched one by one, many with a single search.
    if (providers.length <= FEW)
      return providers.filter(({ name }) => name !== stage.name && !this.allBefore(name).has(stage.name));
    const readers = reachedFrom(stage.name, this.readersOf);
    return providers.filter(({ name }) => !readers.has(name));
  }

  private providersFor(role: Role): KnownStage[] {
    const kinds = providersOf(role);
    const found = this.providers.get(role) ?? this.stages.filter(isKnown).filter(({ kind }) => kinds.includes(kind));
    this.providers.set(role, found);
    return found;
  }

  private allBefore(name: string): ReadonlySet<string> {
    const found = this.ancestors.get(name) ?? reachedFrom(name, this.readBy);
    this.ancestors.set(name, found);
    return found;
  }
}

/** So many providers of a role are asked one by one. */
const FEW = 16;

/** The stage itself and all that edges lead to, directly or not, as far as the file says so. */
function reachedFrom(name: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([name]);
  // Iterating over a set also visits what is added during the loop.
  for (const one of reached) for (const next of edges.get(one) ?? []) reached.add(next);
  return reached;
}

function addTo(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function isKnown(stage: DraftStage): stage is KnownStage {
  return stage.kind !== undefined;
}

/** Whether stages of this kind take what they provide from another stage, and only change it. */
function passesOn(kind: StageKind, role: Role): boolean {
  return referencesOf(kind).some((reference) => reference.role === role && reference.inPlaceOf === undefined);
}

function fittingWords(role: Role, names: readonly string[]): string {
  const stage = `a stage with ${someOf(role)}`;
  if (names.length > 0) return `${stage}: ${nameList(names, 'or')}`;
  return `${stage}, of kind ${listed(providersOf(role), 'or')}; the pipeline has none yet`;
}

function someOf(role: Role): string {
  return role === 'data' || role === 'metrics' ? roleNames[role] : `a ${roleNames[role]}`;
}

function withArticle(kind: StageKind): string {
  return `${/^[aei]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** Where a field is written: in the file, in a `--set` option of the command line, or in the matrix that varies it. */
import type { Problem } from '../core/problem.js';
import type { FieldPath } from './values.js';
import type { ParsedYaml, Part } from './yaml.js';

/** A field that was set on the command line. */
export interface Override {
  readonly path: FieldPath;
  /** As it was given, `stages.train.epochs=10`. */
  readonly text: string;
}

/** A field, and all below it, that is written elsewhere: the field of an axis is at its value in the matrix. */
export interface Move {
  readonly field: FieldPath;
  readonly to: FieldPath;
}

/** How a problem at a field gives its place: one of the two. */
export type FieldPlace = Pick<Problem, 'position' | 'where'>;

/** A stage that a matrix made. */
interface VariantMoves {
  /** Its name in the file. */
  readonly base: string;
  readonly moves: readonly Move[];
}

/** The one answer to where a field is written, for problems of the file and of stages that run. */
export class Locator {
  constructor(
    private readonly source: Pick<ParsedYaml, 'locate'>,
    private readonly overrides: readonly Override[],
    private readonly moves: readonly Move[] = [],
    private readonly variants: ReadonlyMap<string, VariantMoves> = new Map(),
  ) {}

  /** The place of a field, by the names of the file. */
  at(path: FieldPath, part?: Part): FieldPlace {
    const { written, override } = this.find(path);
    return override === undefined ? { position: this.source.locate(written, part) } : { where: whereOf(override.text) };
  }

  /** The same within a sentence that is about another place: `line 12`. */
  mention(path: FieldPath, part?: Part): string {
    const { written, override } = this.find(path);
    return override === undefined ? `line ${this.source.locate(written, part).line}` : whereOf(override.text);
  }

  /** Fields of one stage, by their paths in it. The name may be that of a variant. */
  variant(name: string): Pick<Locator, 'at' | 'mention'> {
    const { base, moves } = this.variants.get(name) ?? { base: name, moves: this.moves };
    const fields = this.moving(moves);
    return {
      at: (path, part) => fields.at(['stages', base, ...path], part),
      mention: (path, part) => fields.mention(['stages', base, ...path], part),
    };
  }

  /** The same file with some fields written elsewhere. */
  moving(moves: readonly Move[]): Locator {
    return new Locator(this.source, this.overrides, moves, this.variants);
  }

  withVariants(variants: ReadonlyMap<string, VariantMoves>): Locator {
    return new Locator(this.source, this.overrides, this.moves, variants);
  }

  /** Where the field is in the file, and the last override of it or of a field that contains it. */
  private find(path: FieldPath): { readonly written: FieldPath; readonly override: Override | undefined } {
    const written = this.moves.find(({ field }) => startsWith(path, field))?.to ?? path;
    return { written, override: this.overrides.findLast((override) => startsWith(written, override.path)) };
  }
}

export function whereOf(text: string): string {
  return `--set ${text}`;
}

/** Whether a field is another one, or is below it. */
export function startsWith(path: FieldPath, beginning: FieldPath): boolean {
  return beginning.length <= path.length && beginning.every((key, index) => String(key) === String(path[index]));
}

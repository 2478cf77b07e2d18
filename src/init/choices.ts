/** The bases that `init` can write. */
import { namedOnnxOf, packageBaseOf } from '../core/hub-bases.js';
import { failure } from '../core/problem.js';
import { nameList } from '../core/text/names.js';
import { nearest } from '../core/text/did-you-mean.js';
import type { Choice } from './recipe.js';

/** What the list of bases says about one. */
export interface BaseFacts {
  readonly name: string;
  /** The width of a network that comes in several; each has a row of its own. */
  readonly alpha: number | null;
  readonly imageSize: number | null;
  readonly parameters: number | null;
  readonly published: readonly { readonly bytes: number | null }[];
  readonly packaged: boolean;
}

/** The bases that a question offers, the default first, and what each is good for. */
export const offered: readonly (readonly [name: string, use: string])[] = [
  ['efficientnet_lite0', 'most photos'],
  ['dinov2_small', 'fine differences; several times slower'],
  ['mobilenet_v2', 'apps and pages with TF.js'],
  ['compact32', 'drawings and icons; weak on photos'],
];

/** `compact32` was measured to do best at it, though it was trained at 32 pixels. */
const COMPACT_SIZE = 96;
const BYTES_PER_PARAMETER = 4;
const IMAGENET_CLASSES = 1000;

/** Throws `invalid` for a name that no base has, and for those that need a file. */
export function choiceOf(name: string, bases: readonly BaseFacts[]): Choice {
  const facts = bases.find((base) => base.name === name && (base.alpha ?? 1) === 1);
  if (facts?.imageSize == null) throw unknown(name, bases);
  return { name, imageSize: facts.packaged ? COMPACT_SIZE : facts.imageSize, bytes: bytesOf(facts) };
}

/** The size of a download: the published one, or estimated from the parameters and those of an ImageNet classifier. */
function bytesOf({ name, packaged, published, parameters }: BaseFacts): Choice['bytes'] {
  if (packaged) return { about: false, count: 0 };
  const known = published[0]?.bytes ?? packageBaseOf(name)?.bytes ?? null;
  if (known !== null) return { about: false, count: known };
  const classifier = (namedOnnxOf(name)?.features ?? 0) * IMAGENET_CLASSES;
  return { about: true, count: ((parameters ?? 0) + classifier) * BYTES_PER_PARAMETER };
}

function unknown(name: string, bases: readonly BaseFacts[]): Error {
  const names = [...new Set(bases.filter(({ imageSize }) => imageSize !== null).map((base) => base.name))];
  const close = nearest(name, names);
  return failure('invalid', {
    code: 'bad-option',
    where: '--base',
    found: `\`${name}\` is not a base that init can write`,
    expected: nameList(names, 'or'),
    remedy: close === undefined ? 'list the bases with `pipeline bases`' : `did you mean \`${close}\`?`,
  });
}

/** Stages of a cross-validation in lists for people: those of all folds are one entry where they are alike. */
import type { Part } from '../core/cross-validation.js';

interface Named {
  readonly name: string;
  readonly part?: Part;
}

/** `train@fold-1..5` for each of the five stages of that name, and the name itself for any other stage. */
export function nameOfAllFolds({ name, part }: Named): string {
  return part?.kind === 'fold' ? name.replace(/fold-\d+$/, `fold-1..${part.folds}`) : name;
}

/**
 * Joins the entries of all folds of a stage where `textOf` is the same for each, at the place of the first. The others
 * stay as they are.
 */
export function foldsTogether<Item>(
  items: readonly Item[],
  stageOf: (item: Item) => Named,
  textOf: (item: Item) => string,
): { readonly name: string; readonly item: Item }[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOfAllFolds(stageOf(item));
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups].flatMap(([name, group]) => {
    const { part } = stageOf(group[0]);
    const alike = group.every((item) => textOf(item) === textOf(group[0]));
    if (part?.kind === 'fold' && group.length === part.folds && alike) return [{ name, item: group[0] }];
    return group.map((item) => ({ name: stageOf(item).name, item }));
  });
}

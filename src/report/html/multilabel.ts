/** The metrics of an evaluation whose images have any number of classes: by class, and the decisions on each. */
import { own } from '../../core/own.js';
import type { MultilabelMetrics } from '../../model/multilabel-results.js';
import { rangeOf } from '../../model/ranges.js';
import { figure, measured, whole } from './figures.js';
import { html, type Html } from './markup.js';
import { namesClass } from './name-column.js';

/** With more classes than this, tables are scrolled. */
const SHOWN_CLASSES = 20;

type AverageName = 'mAP' | `${'macro' | 'micro'}_${'precision' | 'recall' | 'f1'}`;

/** What the thresholds are, in a sentence. */
export function thresholdText({ classes, per_class, thresholds_from: from, split, folds }: MultilabelMetrics): string {
  if (from === 'config')
    return `An image counts as having a class from a score of ${per_class[classes[0]].threshold} on.`;
  const isSame = from === 'folds' ? folds !== undefined : split === 'validation';
  const optimistic = isSame ? ', the same images, so F1, precision and recall are optimistic' : '';
  const images = from === 'folds' ? 'held-out images of all folds' : 'validation images';
  return `Each class has its own threshold, chosen for the highest F1 on the ${images}${optimistic}.`;
}

export function multilabelClassTable(figures: MultilabelMetrics): Html {
  const rows = figures.classes.map((name) => {
    const { average_precision, roc_auc: area, precision, recall, f1, threshold, support } = figures.per_class[name];
    const ranges = own(figures.intervals?.per_class, name);
    return html`<tr><th scope="row">${name}</th><td>${measured(average_precision, ranges?.average_precision, 2)}</td><td>${area === undefined ? '–' : measured(area, ranges?.roc_auc, 2)}</td><td>${measured(precision, ranges?.precision, 2)}</td><td>${measured(recall, ranges?.recall, 2)}</td><td>${measured(f1, ranges?.f1, 2)}</td><td>${figure(threshold, String)}</td><td>${whole(support)}</td></tr>`;
  });
  const { samples, intervals } = figures;
  const mean = (metric: AverageName): Html => measured(figures[metric], rangeOf(intervals, metric), 2);
  const means = html`<tr><th scope="row">macro mean</th><td>${mean('mAP')}</td><td></td><td>${mean('macro_precision')}</td><td>${mean('macro_recall')}</td><td>${mean('macro_f1')}</td><td></td><td>${whole(samples)}</td></tr><tr><th scope="row">micro mean</th><td></td><td></td><td>${mean('micro_precision')}</td><td>${mean('micro_recall')}</td><td>${mean('micro_f1')}</td><td></td><td></td></tr>`;
  return html`<div class="scroll${tall(figures)}" tabindex="0" role="region" aria-label="Metrics by class"><table class="numbers ${namesClass(figures.classes)}"><caption>Metrics by class</caption><thead><tr><th scope="col">class</th><th scope="col">AP</th><th scope="col">AUC</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col">threshold</th><th scope="col">images</th></tr></thead><tbody>${rows}</tbody><tfoot>${means}</tfoot></table></div>`;
}

/** Each class has a confusion matrix of its own, of two rows and two columns: here they are one row. */
export function confusionByClass(figures: MultilabelMetrics): Html {
  const rows = figures.classes.map((name) => {
    const counts = figures.per_class[name];
    const present = counts.true_positives + counts.false_negatives;
    const absent = counts.true_negatives + counts.false_positives;
    return html`<tr><th scope="row">${name}</th>${cell(counts.true_positives, present, 'right')}${cell(counts.false_negatives, present, 'wrong')}${cell(counts.false_positives, absent, 'wrong')}${cell(counts.true_negatives, absent, 'right')}</tr>`;
  });
  return html`<div class="scroll${tall(figures)}" tabindex="0" role="region" aria-label="Confusion by class"><table class="numbers confusion ${namesClass(figures.classes)}"><caption><span>Confusion by class: images that have the class, and images that do not</span></caption><thead><tr><td rowspan="2"></td><th scope="colgroup" colspan="2">has it</th><th scope="colgroup" colspan="2">does not have it</th></tr><tr><th scope="col">found</th><th scope="col">missed</th><th scope="col">predicted</th><th scope="col">not</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Shaded by its share of the images that have the class, or of those that do not; only zero has no shade. */
function cell(count: number, of: number, kind: 'right' | 'wrong'): Html {
  const shade = count === 0 ? 0 : Math.max(1, Math.round((count / of) * 10));
  return html`<td class="${kind} shade-${shade}">${whole(count)}</td>`;
}

function tall({ classes }: MultilabelMetrics): string {
  return classes.length > SHOWN_CLASSES ? ' tall' : '';
}

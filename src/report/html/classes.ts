/** Precision, recall, F1 and area under the ROC curve of each class. */
import { own } from '../../core/own.js';
import type { SingleMetrics } from '../../model/results.js';
import { namesClass } from './name-column.js';
import { measured, whole } from './figures.js';
import { html, type Html } from './markup.js';

/** With more classes than this, the table is scrolled. */
const SHOWN_CLASSES = 20;

export function classTable(figures: SingleMetrics): Html {
  const rows = figures.classes.map((name) => {
    const { precision, recall, f1, roc_auc: area, support } = figures.per_class[name];
    const ranges = own(figures.intervals?.per_class, name);
    return html`<tr><th scope="row">${name}</th><td>${measured(precision, ranges?.precision, 2)}</td><td>${measured(recall, ranges?.recall, 2)}</td><td>${measured(f1, ranges?.f1, 2)}</td><td>${area === undefined ? '–' : measured(area, ranges?.roc_auc, 2)}</td><td>${whole(support)}</td></tr>`;
  });
  const mean = html`<tr><th scope="row">mean</th><td>${measured(figures.macro_precision, figures.intervals?.macro_precision, 2)}</td><td>${measured(figures.macro_recall, figures.intervals?.macro_recall, 2)}</td><td>${measured(figures.macro_f1, figures.intervals?.macro_f1, 2)}</td><td></td><td>${whole(figures.samples)}</td></tr>`;
  const tall = figures.classes.length > SHOWN_CLASSES ? ' tall' : '';
  return html`<div class="scroll${tall}" tabindex="0" role="region" aria-label="Metrics by class"><table class="numbers ${namesClass(figures.classes)}"><caption>Metrics by class</caption><thead><tr><th scope="col">class</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col">AUC</th><th scope="col">images</th></tr></thead><tbody>${rows}</tbody><tfoot>${mean}</tfoot></table></div>`;
}

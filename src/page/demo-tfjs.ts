/** `demo.html` for a layers-model. */
import { readFacts } from './facts.js';
import { startPage } from './page.js';
import { tfjsClassifier } from './tfjs-classifier.js';

startPage(tfjsClassifier('demo/', 'model.json'), readFacts('layers-model'));

/** The page for a layers-model. */
import { fetchFacts } from './facts.js';
import { startPage } from './page.js';
import { tfjsClassifier } from './tfjs-classifier.js';

startPage(tfjsClassifier('/', '/model/model.json'), fetchFacts());

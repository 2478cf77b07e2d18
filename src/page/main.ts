/** The page: takes a picture however it is given, and shows what the model makes of it. */
import { plainNames } from '../core/names.js';
import type { AnswerLine, Prediction } from '../core/prediction.js';
import { loadClassifier, type Classifier } from './classifier.js';
import { BadPicture, preparePicture } from './picture.js';
import { element, percent, showScores } from './scores.js';

const compare = element<HTMLInputElement>('compare');
const preview = element<HTMLImageElement>('preview');
const input = element<HTMLInputElement>('file');

/** The picture that is shown, and how many were given: the answer to an earlier one is not shown over a later. */
let current: File | undefined;
let turn = 0;

const loading = loadClassifier();

function say(text: string, wrong = false): void {
  element('status').textContent = text;
  element('status').classList.toggle('wrong', wrong);
}

async function introduce(): Promise<void> {
  const { facts } = await loading;
  const [height, width] = facts.image.size;
  const names = plainNames(facts.classes);
  document.title = `${facts.name}: classify a picture`;
  element('about').textContent = `The model ${facts.name} tells ${facts.classes.length} classes: ${names}. It sees pictures at ${width} × ${height} pixels.`;
  if (current === undefined) say('Ready.');
}

async function take(file: File): Promise<void> {
  const mine = ++turn;
  current = file;
  say(`Looking at ${file.name}…`);
  try {
    const here = await askHere(await loading, file);
    const tool = compare.checked ? await askTool(file) : undefined;
    if (mine !== turn) return;
    showPicture(file);
    showScores(here.prediction, tool);
    element('result').hidden = false;
    const note = here.transparent ? ' Some of it is transparent: browsers lose the colours under it, so the tool’s answer may differ.' : '';
    say(`${file.name}: ${here.prediction.class}, ${percent(here.prediction.score)}.${note}`);
  } catch (error) {
    if (mine !== turn) return;
    element('result').hidden = true;
    say(error instanceof BadPicture ? `${file.name} ${error.message}` : `This did not work: ${String(error)}`, true);
  }
}

async function askHere(classifier: Classifier, file: File): Promise<{ prediction: Prediction; transparent: boolean }> {
  const { image, preprocessing } = classifier.facts;
  const { input: numbers, transparent } = await preparePicture(file, image, preprocessing);
  return { prediction: await classifier.predict(numbers), transparent };
}

async function askTool(file: File): Promise<Prediction> {
  const answer = await fetch(`/api/predict?file=${encodeURIComponent(file.name)}`, { method: 'POST', body: file });
  const line = (await answer.json()) as AnswerLine | { readonly error: string };
  // Of a picture the rest of a sentence is said, of all else a whole one.
  if ('error' in line) throw new Error('file' in line ? `the tool says that it ${line.error}` : line.error);
  return line;
}

function showPicture(file: File): void {
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  preview.alt = file.name;
}

function takeFirst(files: FileList | undefined | null): void {
  const file = files?.[0];
  if (file !== undefined) void take(file);
}

input.addEventListener('change', () => {
  takeFirst(input.files);
  // So that the same file can be chosen again.
  input.value = '';
});
compare.addEventListener('change', () => {
  if (current !== undefined) void take(current);
});
document.addEventListener('paste', (event) => takeFirst(event.clipboardData?.files));
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('over');
});
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) document.body.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  takeFirst(event.dataTransfer?.files);
});

introduce().catch((error: unknown) => say(`The model cannot be loaded: ${String(error)}`, true));

/** The page: takes images and shows the predictions of the model, whatever runs it. */
import type { AnswerLine, Prediction } from '../core/prediction.js';
import type { PageFacts } from '../model/served-facts.js';
import { answerOf } from './answer.js';
import type { Classifier, LoadClassifier } from './classifier.js';
import { offerExamples } from './examples.js';
import { BadImage, prepareImage, type Prepared } from './image.js';
import { listen } from './intake.js';
import { introduceModel, introduceRuntime, LoadingProgress } from './introduction.js';
import { element, showScores } from './scores.js';
import { Several } from './several.js';

const compare = element<HTMLInputElement>('compare');
const preview = element<HTMLImageElement>('preview');

/** An image, and its label if it is an example. */
interface Input {
  readonly file: File;
  readonly label?: string;
}

/** The shown image, and a counter of inputs, so that a late answer does not replace that of a newer image. */
let current: Input | undefined;
let turn = 0;

interface Loaded {
  readonly classifier: Classifier;
  readonly facts: PageFacts;
}

let loading: Promise<Loaded>;
const several = new Several();

function say(text: string, wrong = false): void {
  element('status').textContent = text;
  element('status').classList.toggle('wrong', wrong);
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Loads the model and starts to take images: those that come first wait for it. */
export function startPage(load: LoadClassifier, facts: Promise<PageFacts>): void {
  const progress = new LoadingProgress();
  const watch = {
    onProgress: (done: number, total: number) => progress.show(done, total),
    onRuntime: introduceRuntime,
  };
  loading = load(facts, watch).then(async (classifier) => ({ classifier, facts: await facts }));
  // It is reported below.
  loading.catch(() => undefined);
  listen(takeAll);
  compare.addEventListener('change', () => {
    if (current !== undefined) void take(current, several.shown ? turn : undefined);
  });
  introduce(facts)
    .catch((error: unknown) => say(`The model cannot be loaded: ${reason(error)}`, true))
    .finally(() => progress.hide());
}

async function introduce(facts: Promise<PageFacts>): Promise<void> {
  introduceModel(await facts);
  offerExamples(await facts, (file, label) => void take({ file, label }));
  await loading;
  if (current === undefined) say('Ready.');
}

/** Shows one image. Without `given`, it is a new input; with it, one of several images of that input. */
async function take(input: Input, given?: number): Promise<void> {
  const mine = given ?? ++turn;
  const { file, label } = input;
  current = input;
  if (given === undefined) several.hide();
  say(`Classifying ${file.name}…`);
  try {
    const loaded = await loading;
    const here = await askHere(loaded, file);
    const tool = compare.checked && !here.onlyHere ? await askTool(loaded, file) : undefined;
    if (mine !== turn) return;
    const answer = answerOf(here.prediction, loaded.facts);
    showImage(file);
    showScores(answer, here.prediction, tool, loaded.facts);
    element('result').hidden = false;
    say(`${file.name}: ${answer.text}${label === undefined ? '' : `, labeled ${label}`}.${noteOf(here)}`);
  } catch (error) {
    if (mine !== turn) return;
    element('result').hidden = true;
    say(error instanceof BadImage ? `${file.name} ${error.message}` : `Classification failed: ${reason(error)}`, true);
  }
}

function noteOf({ transparent, onlyHere }: Omit<Prepared, 'pixels'>): string {
  if (onlyHere) return ' It is a HEIC image: this browser reads it, but the tool does not.';
  return transparent
    ? ' Parts of it are transparent: browsers lose the colors there, so the tool’s prediction may differ.'
    : '';
}

type Here = Omit<Prepared, 'pixels'> & { readonly prediction: Prediction };

async function askHere({ classifier, facts }: Loaded, file: File): Promise<Here> {
  const { pixels, ...found } = await prepareImage(file, facts.image);
  return { ...found, prediction: await classifier.predict(pixels) };
}

async function askTool({ facts }: Loaded, file: File): Promise<Prediction> {
  const answer = await fetch(`/api/predict?file=${encodeURIComponent(file.name)}`, { method: 'POST', body: file });
  if (answer.ok && answer.headers.get('x-model') !== facts.id)
    throw new Error('the server was restarted with a different model; reload the page');
  const line = (await answer.json()) as AnswerLine | { readonly error: string };
  // Errors of an image continue a sentence; all others are whole sentences.
  if ('error' in line) throw new Error('file' in line ? `the tool reports that it ${line.error}` : line.error);
  return line;
}

function showImage(file: File): void {
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  preview.alt = file.name;
}

/** One image is shown with all of its scores; several are listed, and the selected one is shown. */
function takeAll(files: readonly File[]): void {
  if (files.length === 1) void take({ file: files[0] });
  else if (files.length > 1) void takeSeveral(files);
}

async function takeSeveral(files: readonly File[]): Promise<void> {
  const mine = ++turn;
  const rows = several.show(files, (file) => void take({ file }, mine));
  let done = 0;
  for (const [index, file] of files.entries()) {
    say(`Classifying ${file.name} (${index + 1} of ${files.length})…`);
    try {
      const loaded = await loading;
      const { prediction } = await askHere(loaded, file);
      if (mine !== turn) return;
      rows[index].answer(answerOf(prediction, loaded.facts), prediction);
      done++;
    } catch (error) {
      if (mine !== turn) return;
      rows[index].fail(error instanceof BadImage ? error.message : `failed: ${reason(error)}`);
    }
  }
  const bad = files.length - done;
  await take({ file: files[0] }, mine);
  if (mine === turn)
    say(`${done} of ${files.length} images classified${bad === 0 ? '' : `, ${bad} could not be read`}.`, bad > 0);
}

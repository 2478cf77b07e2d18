/** What the server or the files beside the page say about the model, and the model's files. */
import type { ClassList } from '../model/prediction.js';
import type { PageFacts, ServedFacts } from '../model/served-facts.js';

/** That of `serve`, unless it is asked for another. */
const MARGIN = 0.2;

export async function fetchFacts(): Promise<ServedFacts> {
  const answer = await fetch('/api/model');
  if (!answer.ok) throw new Error(`the server responded with ${answer.status}`);
  return (await answer.json()) as ServedFacts;
}

/** The same from the files that `export` wrote, for a page beside them. */
export async function readFacts(format: PageFacts['format']): Promise<PageFacts> {
  if (location.protocol === 'file:')
    throw new Error(
      'browsers load no models from file://. Run `python3 -m http.server` or `npx serve` in this folder, and open demo.html there',
    );
  const [list, { image, preprocessing }, probes] = await Promise.all([
    readJson<PageFacts['classes'] | ClassList>('classes.json'),
    readJson<Pick<PageFacts, 'image' | 'preprocessing'>>('preprocessing.json'),
    readJson<readonly ProbeRow[]>('probes.json'),
  ]);
  const examples = probes.flatMap(({ picture, class: label, classes: labels = [label!], scores }) =>
    picture === undefined ? [] : [{ url: picture, labels, scores }],
  );
  // With thresholds, it is an object.
  const { classes, thresholds } = 'classes' in list ? list : { classes: list };
  const facts = { classes, ...(thresholds && { thresholds }), image, preprocessing, examples, margin: MARGIN };
  return format === 'onnx'
    ? { ...facts, format, file: 'model.onnx', input: 'pixels', output: 'scores' }
    : { ...facts, format };
}

/** A row of probes.json; without images, only digests. */
interface ProbeRow {
  readonly picture?: string;
  /** The class that the image is labeled with, or all of them. */
  readonly class?: string;
  readonly classes?: readonly string[];
  readonly scores: readonly number[];
}

async function readJson<Value>(file: string): Promise<Value> {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`the server responded with ${answer.status} for ${file}`);
  return (await answer.json()) as Value;
}

/** A file of the model. The server's own reason is shown if it has a different model now. */
export async function fetchModelFile(...[path, init]: Parameters<typeof fetch>): Promise<Response> {
  const answer = await fetch(path, init);
  if (answer.status !== 409) return answer;
  throw new Error(((await answer.json()) as { readonly error: string }).error);
}

/** What the page learns about its model: the response of /api/model. */
import type { ImageSpec } from '../image/dataset.js';
import type { ClassList } from './prediction.js';
import type { Preprocessing } from './preprocessing.js';

interface Facts extends ClassList {
  /** Names the model; answers of the server about it have the same in their header `X-Model`. */
  readonly id: string;
  readonly name: string;
  readonly image: ImageSpec;
  readonly preprocessing: Preprocessing;
  /**
   * A prediction is called unsure if its best score is ahead of the second one by less; that an image has a class, if its
   * score is nearer to the threshold than this share of the way from there to 0 or 1.
   */
  readonly margin: number;
  readonly examples: readonly ServedExample[];
}

/** An image that was exported with the model: PNG, at the network's size, decoded as the tool decodes. */
export interface ServedExample {
  /** Its path on the server, such as `/probes/0.png`. */
  readonly url: string;
  /** The classes that it is labeled with. */
  readonly labels: readonly string[];
  /** The scores that the model must give for its pixels, in the order of the classes. */
  readonly scores: readonly number[];
}

/** A TF.js layers-model at /model/model.json. */
export interface LayersModelFacts extends Facts {
  readonly format: 'layers-model';
}

/** An `.onnx` file that takes RGB bytes [1, height, width, 3] and outputs one score per class. */
export interface OnnxFacts extends Facts {
  readonly format: 'onnx';
  /** Its name below /model/. */
  readonly file: string;
  /** Names of its input and its output. */
  readonly input: string;
  readonly output: string;
}

export type ServedFacts = LayersModelFacts | OnnxFacts;

/** Of a model that no tool serves, in a page beside it: its folder may have any name. */
type Unserved<Kind extends Facts> = Omit<Kind, 'id' | 'name'> & { readonly id?: undefined; readonly name?: undefined };

export type PageFacts = ServedFacts | Unserved<LayersModelFacts> | Unserved<OnnxFacts>;

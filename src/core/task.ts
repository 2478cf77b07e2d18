/** What a model is to say of an image: the one class that it is of, or with `multilabel` any number of classes. */

export type Multilabel = 'multilabel';

/** From this score on an image has a class, unless a class has a threshold of its own. */
export const DEFAULT_THRESHOLD = 0.5;

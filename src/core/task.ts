/** What a model is to say of an image: the one class that it is of, or with `multilabel` any number of classes. */

export type Multilabel = 'multilabel';

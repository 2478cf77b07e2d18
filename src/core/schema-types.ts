/** Made by scripts/generate.mjs from schemas/. Do not edit. */

export const stageKinds = ['augment', 'build-head', 'evaluate', 'export', 'freeze', 'ingest', 'load-base', 'train'] as const;
export type StageKind = (typeof stageKinds)[number];

/** `auto` takes onnx where it is installed, else tfjs. */
export const engineChoices = ['auto', 'onnx', 'tfjs'] as const;
export type EngineChoice = (typeof engineChoices)[number];

/** How numbers are kept; they are computed in float32 all the same. */
export type FloatType = PipelineConfig['features']['dtype'];

/**
 * A pipeline file but for its stages, each of which is checked against the schema of its kind.
 */
export interface PipelineConfig {
  $schema?: string;
  /**
   * The version of this language.
   */
  version: 1;
  /**
   * Left out: the file's name.
   */
  name?: string;
  description?: string;
  /**
   * For all that is drawn by chance.
   */
  seed: number;
  /**
   * `auto` takes onnx where it is installed, else tfjs.
   */
  engine: 'auto' | 'onnx' | 'tfjs';
  /**
   * How the frozen base's outputs are kept.
   */
  features: {
    /**
     * float16 halves their size at a small cost in exactness.
     */
    dtype: 'float32' | 'float16';
  };
  /**
   * Axes of a sweep: every combination of their values makes a variant of the stages that the fields reach, such as `train@units-64`.
   */
  matrix?: {
    [k: string]: {
      /**
       * The field that takes the values, such as stages.build-head.layers.1.dense.units; items of lists count from 0.
       */
      field: string;
      values: (number | string | boolean)[];
    };
  };
  stages: {};
}

/**
 * Varies the training pictures in repeatable views, as Keras's ImageDataGenerator defines the changes; sharpness is PIL's. Validation and test pictures are never varied.
 */
export interface AugmentConfig {
  uses?: 'augment';
  /**
   * The stage that the pictures come from.
   */
  data?: string;
  /**
   * Multiplies every pixel, such as 1/255. This is preprocessing: it applies to validation, prediction and export alike, and takes the place of the base's own.
   */
  rescale?: number | string;
  /**
   * Degrees, either way.
   */
  rotation_range: number;
  /**
   * Share of the width, either way; pixels from 1 on.
   */
  width_shift_range: number;
  /**
   * Share of the height, either way; pixels from 1 on.
   */
  height_shift_range: number;
  /**
   * Degrees, either way.
   */
  shear_range: number;
  /**
   * z for [1 - z, 1 + z], or [lowest, highest]; height and width are drawn apart. Below 1 the picture grows.
   *
   * @minItems 2
   * @maxItems 2
   */
  zoom_range: number | [number, number];
  horizontal_flip: boolean;
  vertical_flip: boolean;
  /**
   * [lowest, highest] factor of brightness; 1 leaves it.
   *
   * @minItems 2
   * @maxItems 2
   */
  brightness_range?: [number, number];
  /**
   * Grey levels that are added to a whole picture, either way; it stays between its own darkest and brightest.
   */
  channel_shift_range?: number;
  /**
   * [lowest, highest] factor of sharpness; 0 is a smoothed picture, 1 leaves it, above 1 sharpens.
   *
   * @minItems 2
   * @maxItems 2
   */
  sharpness_range?: [number, number];
  /**
   * What stands where a changed picture has no pixel.
   */
  fill_mode: 'nearest' | 'reflect' | 'wrap' | 'constant';
  /**
   * The value for fill_mode constant, 0 to 255.
   */
  cval: number;
  /**
   * How many views of each training picture there are; epoch e uses view e mod views. `online` draws afresh each epoch and keeps nothing.
   */
  views: number | 'online';
  /**
   * Left out: the pipeline's seed.
   */
  seed?: number;
}

export type Activation = 'linear' | 'relu' | 'relu6' | 'sigmoid' | 'softmax' | 'tanh';

/**
 * Puts new layers on top of the base.
 */
export interface BuildHeadConfig {
  uses?: 'build-head';
  /**
   * The stage that the base comes from.
   */
  base?: string;
  /**
   * The stage that the picture size and the classes come from.
   */
  data?: string;
  /**
   * For the initial weights. Left out: the pipeline's seed.
   */
  seed?: number;
  /**
   * The head, from the base's output on. `classifier` is the last layer that fits the classes: one sigmoid unit for two, a softmax otherwise.
   */
  layers: HeadLayer[];
}
export interface HeadLayer {
  flatten?: {};
  global_average_pooling?: {};
  dense?: {
    units: number;
    activation: 'linear' | 'relu' | 'relu6' | 'sigmoid' | 'softmax' | 'tanh';
    use_bias: boolean;
    kernel_initializer: 'glorot_uniform' | 'glorot_normal' | 'he_uniform' | 'he_normal' | 'zeros';
  };
  dropout?: {
    rate: number;
  };
  batch_normalization?: {
    momentum: number;
    epsilon: number;
  };
  activation?: {
    function: Activation;
  };
  classifier?: {
    kernel_initializer: 'glorot_uniform' | 'glorot_normal' | 'he_uniform' | 'he_normal' | 'zeros';
  };
}

export type Share = number;

/**
 * Measures a trained model on pictures that it was not trained on.
 */
export interface EvaluateConfig {
  uses?: 'evaluate';
  /**
   * The stage that the trained model comes from.
   */
  model?: string;
  /**
   * The stage that the pictures come from.
   */
  data?: string;
  split: 'validation' | 'test' | 'train';
  /**
   * For two classes: the score from which on a picture counts as the second class.
   */
  threshold: number;
  /**
   * The least that is good enough. Below it the run ends with exit code 6 and nothing is exported.
   */
  minimum?: {
    accuracy?: Share;
    macro_precision?: Share;
    macro_recall?: Share;
    macro_f1?: Share;
    roc_auc?: Share;
  };
}

/**
 * Writes the trained model with its classes and preprocessing, for use by other programs.
 */
export interface ExportConfig {
  uses?: 'export';
  /**
   * The stage that the trained model comes from.
   */
  model?: string;
  /**
   * The stage that the probe pictures come from.
   */
  data?: string;
  /**
   * The folder to write, inside the project. It is written whole or not at all.
   */
  to: string;
  /**
   * `tfjs`: a TF.js layers-model, for browsers and Node. `onnx`: one file for onnxruntime and others, with the preprocessing inside; needs onnxruntime-node, which reads it back.
   */
  formats: ('tfjs' | 'onnx')[];
  /**
   * `float16` halves the files, and says what that costs; computed is in float32 all the same.
   */
  weights: 'float32' | 'float16';
  /**
   * Whether up to four of the validation pictures go with the model, at the network's size, so that others can check their scores. Say false where your pictures are not to be passed on.
   */
  probe_pictures: boolean;
}

/**
 * Says which layers of the base keep their weights.
 */
export interface FreezeConfig {
  uses?: 'freeze';
  /**
   * The stage that the base comes from.
   */
  base?: string;
  /**
   * `all`, `none`, {until: LAYER} where that layer is the first one trained, or a list of names and globs of the layers to freeze.
   */
  layers:
    | ('all' | 'none')
    | string[]
    | {
        /**
         * The first layer that is trained.
         */
        until: string;
      };
  /**
   * `stored`: normalisation layers of the trained part keep their stored statistics; `batch`: they follow the batches.
   */
  batch_norm: 'stored' | 'batch';
}

export type Folders = string | string[];

/**
 * Reads folders of pictures, one folder a class, and says which picture has which label and is for training, validation or test.
 */
export interface IngestConfig {
  uses?: 'ingest';
  /**
   * The pictures: one folder a class, or train/, validation/ and test/ with one folder per class in each, also under other well-known names (Training, seg_train, val, dev, test_set). A single folder around all of them is stepped into. A folder, a .zip, .tar or .tar.gz of one, or the https address of such an archive. A path starts from the folder of the pipeline file; where that folder is called pipelines, from the one above it.
   */
  source:
    | string
    | {
        /**
         * A folder or an archive.
         */
        path?: string;
        /**
         * The folder in it to read, such as `PetImages`. Not needed if all images are in a single folder.
         */
        inside?: string;
        /**
         * Where to fetch an archive, by https.
         */
        url?: string;
        /**
         * What the archive has to be; in the lock file after the first run.
         */
        sha256?: string;
        /**
         * In place of sha256 for old publications, with the size.
         */
        md5?: string;
        /**
         * In bytes. Without a digest it is what the first download is held to, before the lock file has its sha256.
         */
        size?: number;
      };
  /**
   * The form that every picture is brought to. Always RGB.
   */
  image: {
    /**
     * Height and width in pixels, in Keras's order; the picture is stretched to it.
     *
     * @minItems 2
     * @maxItems 2
     */
    size: [number, number];
    /**
     * How pictures are resized.
     */
    interpolation: 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';
    /**
     * `exif` turns pictures upright as their camera noted it; `stored` takes them as they lie in the file.
     */
    orientation: 'exif' | 'stored';
  };
  /**
   * Images with more pixels than this are refused: decoding them takes memory and time. In millions.
   */
  max_megapixels: number;
  /**
   * Shares of each class's images if the folders do not decide: folders of splits are taken as they are. Of two images of a class at least one is for validation. The images' own content decides their sides; an added image moves one old image of its class across at most.
   */
  split: {
    validation: number;
    test: number;
  };
  /**
   * The folders of each split if their names do not say it, such as `{train: [fold1, fold2], validation: fold3}`; other folders are left out. `{}`: no folder is a split, whatever it is called.
   */
  split_folders?: {
    train?: Folders;
    validation?: Folders;
    test?: Folders;
  };
  /**
   * The classes in their order, which is the meaning of the model's outputs. Left out: the folders' names, sorted by code point.
   */
  classes?: string[];
  /**
   * What to do with a file that is not a readable picture: stop, naming the first ten, or leave them out, naming all of them. `pipeline doctor` names all beforehand.
   */
  on_bad_image: 'fail' | 'skip';
  /**
   * What to do with a picture whose very bytes are in two classes: stop, naming the first ten such files, or leave the picture out of both, naming them.
   */
  on_label_conflict: 'fail' | 'skip';
}

/**
 * Loads a pretrained network without its top.
 */
export interface LoadBaseConfig {
  uses?: 'load-base';
  /**
   * `vgg16`, `vgg19`, `mobilenet_v2` and `resnet50` are built here; a weights file that contains layers must contain those of the architecture, which are then used. `layers_model` is any network, from its weights file; `compact32` comes with this tool. `pipeline bases` lists them.
   */
  architecture: 'vgg16' | 'vgg19' | 'mobilenet_v2' | 'resnet50' | 'compact32' | 'layers_model';
  /**
   * For `mobilenet_v2`: how wide its layers are. A file that brings its layers says so itself.
   */
  alpha: 0.35 | 0.5 | 0.75 | 1 | 1.3 | 1.4;
  /**
   * For `mobilenet_v2` without `weights`: height and width of the pictures that the published weights were trained on. Take the size that is next to that of your pictures.
   */
  image_size: 96 | 128 | 160 | 192 | 224;
  /**
   * A .h5 or .keras file by Keras, or a TF.js layers-model (its model.json), with its sha256 where it should be pinned; or the https address of such a file. Left out: the file that Keras publishes for `vgg16`, `vgg19`, `resnet50` and `mobilenet_v2`; `imagenet` means the same. `random` starts from seeded noise and is meant for tests.
   */
  weights?:
    | string
    | {
        /**
         * A .h5 or .keras file, or the model.json of a TF.js layers-model.
         */
        path?: string;
        /**
         * Where to fetch a file of weights, or an archive of a TF.js layers-model, by https.
         */
        url?: string;
        /**
         * Of what is fetched, in place of sha256 for old publications, with the size.
         */
        md5?: string;
        /**
         * Of what is fetched, in bytes. Without a digest it is what the first download is held to, before the lock file has its sha256.
         */
        size?: number;
        /**
         * SHA-256 of the file, or of what is fetched; of a layers-model at a path over the SHA-256 digests of model.json and its weight files, one a line, as the tool prints it.
         */
        sha256?: string;
      };
  /**
   * Only false: a base is taken without its classifier.
   */
  include_top: false;
  /**
   * How the base wants its pixels; each known base has its own. `tf`: [-1, 1]; `caffe`: BGR less the ImageNet mean; `torch`: ImageNet mean and deviation; `none`: 0 to 255.
   */
  preprocessing?: 'tf' | 'caffe' | 'torch' | 'none';
  /**
   * For random weights. Left out: the pipeline's seed.
   */
  seed?: number;
}

export type Clip = number;

/**
 * Trains what is not frozen.
 */
export interface TrainConfig {
  uses?: 'train';
  /**
   * The stage that the model comes from.
   */
  model?: string;
  /**
   * In place of `model`: a train stage whose model is trained further, from the weights that it ended with.
   */
  from?: string;
  /**
   * With `from`: which layers of the base keep their weights from now on, in the form of the freeze stage's `layers`. Left out: the same ones as before.
   */
  freeze?:
    | ('all' | 'none')
    | string[]
    | {
        /**
         * The first layer that is trained.
         */
        until: string;
      };
  /**
   * The stage that the pictures come from.
   */
  data?: string;
  /**
   * A name, or a name with its settings. Formulas and defaults are Keras's. One of `clipnorm` (the gradient of each weight), `global_clipnorm` (all gradients together) and `clipvalue` (each number) may limit gradients.
   */
  optimizer: {
    adam?: {
      learning_rate: number;
      beta_1: number;
      beta_2: number;
      epsilon: number;
      clipnorm?: Clip;
      global_clipnorm?: Clip;
      clipvalue?: Clip;
    };
    sgd?: {
      learning_rate: number;
      momentum: number;
      nesterov: boolean;
      clipnorm?: Clip;
      global_clipnorm?: Clip;
      clipvalue?: Clip;
    };
    rmsprop?: {
      learning_rate: number;
      rho: number;
      momentum: number;
      epsilon: number;
      clipnorm?: Clip;
      global_clipnorm?: Clip;
      clipvalue?: Clip;
    };
  };
  /**
   * `auto` follows the last layer: binary for a sigmoid, categorical for a softmax.
   */
  loss: 'auto' | 'binary_crossentropy' | 'categorical_crossentropy';
  /**
   * What is followed beside the loss.
   */
  metrics: 'accuracy'[];
  batch_size: number;
  epochs: number;
  /**
   * How the learning rate goes over the epochs: `constant`; `step`, which multiplies it by `factor` every some epochs; `cosine`, which ends at `alpha` times the rate. `step` and `cosine` are Keras's ExponentialDecay (staircase) and CosineDecay.
   */
  schedule: {
    constant?: {};
    step?: {
      /**
       * Epochs at one rate.
       */
      every: number;
      factor: number;
    };
    cosine?: {
      /**
       * What is left of the rate at the end, as a part of it.
       */
      alpha: number;
    };
  };
  /**
   * Epochs, or a part of one, in which the learning rate rises evenly from 0; the schedule begins after them.
   */
  warmup_epochs: number;
  /**
   * Multiplies the learning rate by `factor` when the followed figure has not become better for some epochs: Keras's ReduceLROnPlateau.
   */
  reduce_on_plateau?: {
    monitor: 'val_loss' | 'val_accuracy' | 'loss' | 'accuracy';
    factor: number;
    /**
     * Epochs without improvement.
     */
    patience: number;
    /**
     * The least change that counts.
     */
    min_delta: number;
    /**
     * Epochs after a reduction that do not count.
     */
    cooldown: number;
    /**
     * The learning rate never falls below this.
     */
    min_lr: number;
  };
  /**
   * Adds this times the sum of squares of all trained kernels to the loss, as Keras's kernel_regularizer does layer by layer.
   */
  l2: number;
  /**
   * `balanced`, or a weight for each class by its name; classes left out weigh 1.
   */
  class_weight?:
    | 'balanced'
    | {
        [k: string]: number;
      };
  /**
   * Stops when the followed figure has not become better for some epochs.
   */
  early_stopping?: {
    monitor: 'val_loss' | 'val_accuracy' | 'loss' | 'accuracy';
    /**
     * Epochs without improvement.
     */
    patience: number;
    /**
     * The least change that counts.
     */
    min_delta: number;
    restore_best_weights: boolean;
  };
  /**
   * For order and dropout. Left out: the pipeline's seed.
   */
  seed?: number;
}

/** The config of each kind. */
export interface StageConfigs {
  'augment': AugmentConfig;
  'build-head': BuildHeadConfig;
  'evaluate': EvaluateConfig;
  'export': ExportConfig;
  'freeze': FreezeConfig;
  'ingest': IngestConfig;
  'load-base': LoadBaseConfig;
  'train': TrainConfig;
}

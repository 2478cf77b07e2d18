/** Made by scripts/generate.mjs from schemas/. Do not edit. */

export const stageKinds = ['augment', 'build-head', 'evaluate', 'export', 'freeze', 'ingest', 'load-base', 'train'] as const;
export type StageKind = (typeof stageKinds)[number];

/** `auto` uses onnx if it is installed, otherwise tfjs. */
export const engineChoices = ['auto', 'onnx', 'tfjs'] as const;
export type EngineChoice = (typeof engineChoices)[number];

/** What the engine onnx computes on, as a pipeline file names it. */
export const deviceChoices = ['cpu', 'webgpu', 'cuda', 'coreml', 'dml', 'auto'] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** How numbers are stored; they are always computed in float32. */
export type FloatType = PipelineConfig['features']['dtype'];

/**
 * A pipeline file but for its stages, each of which is checked against the schema of its kind.
 */
export interface PipelineConfig {
  $schema?: string;
  /**
   * The version of the file format.
   */
  version: 1;
  /**
   * Default: the name of the file.
   */
  name?: string;
  description?: string;
  /**
   * The seed of all random numbers.
   */
  seed: number;
  /**
   * The library that computes, and what it computes on.
   */
  engine: {
    /**
     * `auto` uses onnx if it is installed, otherwise tfjs.
     */
    name: 'auto' | 'onnx' | 'tfjs';
    /**
     * What onnx computes on. `auto` keeps the device of the last results; for a first run, it takes a GPU if one works. See docs/devices.md.
     */
    device: 'cpu' | 'webgpu' | 'cuda' | 'coreml' | 'dml' | 'auto';
    /**
     * Whether operators that a device lacks run on the CPU. `false` refuses such networks.
     */
    fallback: boolean;
  };
  /**
   * How features (the outputs of the frozen base) are cached.
   */
  features: {
    /**
     * `float16` halves their size at a small cost in precision.
     */
    dtype: 'float32' | 'float16';
  };
  /**
   * A cache that a team shares: what another machine has computed is not computed again.
   */
  cache?: {
    /**
     * `s3://bucket/prefix`, a folder that all machines see, or an https URL, which is only read. The variable PIPELINE_REMOTE takes precedence.
     */
    remote: string;
    /**
     * What this machine does with it. The variable PIPELINE_REMOTE_MODE takes precedence.
     */
    mode: 'read' | 'read-write' | 'off';
    /**
     * The server of the bucket if it is not one of AWS, such as https://minio.example.org:9000.
     */
    endpoint?: string;
    /**
     * The region of the bucket. Default: what the AWS variables and profiles say, otherwise us-east-1.
     */
    region?: string;
    /**
     * Whether the bucket's name is in the host or in the path. Default: `virtual-host` for AWS, `path` for other endpoints.
     */
    addressing?: 'path' | 'virtual-host';
  };
  /**
   * Axes of a sweep. Each combination of values creates a variant of the stages that the fields affect, such as `train@units-64`.
   */
  matrix?: {
    [k: string]: {
      /**
       * The field to vary, such as stages.build-head.layers.1.dense.units; list items count from 0.
       */
      field: string;
      values: (number | string | boolean)[];
    };
  };
  /**
   * Trains and evaluates once per fold, each with another part of the images held out. Folds take all images but those of the test split.
   */
  cross_validation?: {
    /**
     * The number of parts.
     */
    folds: number;
    /**
     * The model that the folds lead to, for `export` and the test split. `retrain`: trained once more, on all these images. `ensemble`: the models of all folds in one network, which averages their logits.
     */
    final: 'retrain' | 'ensemble';
  };
  stages: {};
}

/**
 * pipeline.trust.yaml: the keys whose results a project takes from a shared cache.
 */
export interface TrustConfig {
  $schema?: string;
  /**
   * The version of the file format.
   */
  version: 1;
  /**
   * Who may write results. To revoke a key, remove it.
   */
  keys: {
    /**
     * Whose key it is, such as `ci`.
     */
    name: string;
    /**
     * The public key that `pipeline cache keygen` prints.
     */
    key: string;
  }[];
}

/**
 * Augments the training images in repeatable views, with the formulas of Keras's ImageDataGenerator; sharpness is PIL's. Validation and test images are never augmented.
 */
export interface AugmentConfig {
  uses?: 'augment';
  /**
   * The stage that provides the images.
   */
  data?: string;
  /**
   * Factor for every pixel, such as 1/255. It is preprocessing: it replaces that of the base, and also applies to validation, prediction and export.
   */
  rescale?: number | string;
  /**
   * In degrees, in both directions.
   */
  rotation_range: number;
  /**
   * As a share of the width, in both directions; values of 1 and above are pixels.
   */
  width_shift_range: number;
  /**
   * As a share of the height, in both directions; values of 1 and above are pixels.
   */
  height_shift_range: number;
  /**
   * In degrees, in both directions.
   */
  shear_range: number;
  /**
   * z for [1 - z, 1 + z], or [lowest, highest]; height and width are drawn independently. Factors below 1 enlarge the image.
   *
   * @minItems 2
   * @maxItems 2
   */
  zoom_range: number | [number, number];
  horizontal_flip: boolean;
  vertical_flip: boolean;
  /**
   * [lowest, highest] factor of the brightness; 1 changes nothing.
   *
   * @minItems 2
   * @maxItems 2
   */
  brightness_range?: [number, number];
  /**
   * The most that is added to or subtracted from the pixel values of an image, which stay between its own minimum and maximum.
   */
  channel_shift_range?: number;
  /**
   * [lowest, highest] factor of the sharpness: 0 smooths, 1 changes nothing, above 1 sharpens.
   *
   * @minItems 2
   * @maxItems 2
   */
  sharpness_range?: [number, number];
  /**
   * How to fill pixels outside the original image.
   */
  fill_mode: 'nearest' | 'reflect' | 'wrap' | 'constant';
  /**
   * The pixel value for `fill_mode: constant`, 0 to 255.
   */
  cval: number;
  /**
   * Number of augmented views per training image; epoch e uses view e mod views. `online` draws new views in each epoch and caches nothing.
   */
  views: number | 'online';
  /**
   * Default: the seed of the pipeline.
   */
  seed?: number;
}

export type Activation = 'linear' | 'relu' | 'relu6' | 'sigmoid' | 'softmax' | 'tanh';

/**
 * Adds new layers on top of the base.
 */
export interface BuildHeadConfig {
  uses?: 'build-head';
  /**
   * The stage that provides the base.
   */
  base?: string;
  /**
   * The stage that provides the image size and the classes.
   */
  data?: string;
  /**
   * For the initial weights. Default: the seed of the pipeline.
   */
  seed?: number;
  /**
   * The layers of the head, from the base's output on. `classifier` is a last layer that fits the classes: one sigmoid unit for two classes, a softmax for more.
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
 * Measures a trained model on images that it was not trained on.
 */
export interface EvaluateConfig {
  uses?: 'evaluate';
  /**
   * The stage that provides the trained model.
   */
  model?: string;
  /**
   * The stage that provides the images.
   */
  data?: string;
  split: 'validation' | 'test' | 'train';
  /**
   * For two classes: the lowest score at which an image counts as the second class. With `task: multilabel`: the lowest score at which an image has a class; `f1` chooses one per class, with the highest F1 on the validation images, whichever split is measured, or with `cross_validation` on the held-out images of all folds. Exported models take these thresholds along.
   */
  threshold: number | 'f1';
  /**
   * The lowest acceptable metrics. If one is below its minimum, the run ends with exit code 6 and exports nothing.
   */
  minimum?: {
    accuracy?: Share;
    macro_precision?: Share;
    macro_recall?: Share;
    macro_f1?: Share;
    roc_auc?: Share;
    mAP?: Share;
    micro_f1?: Share;
    subset_accuracy?: Share;
    binary_accuracy?: Share;
  };
}

/**
 * Writes the trained model with its classes and preprocessing, for use in other programs.
 */
export interface ExportConfig {
  uses?: 'export';
  /**
   * The stage that provides the trained model.
   */
  model?: string;
  /**
   * The stage that provides the probe images.
   */
  data?: string;
  /**
   * The folder to write, inside the project. It is written completely or not at all.
   */
  to: string;
  /**
   * By default `[onnx]` if the base is an ONNX file, otherwise `[tfjs]`. `tfjs`: a TF.js layers-model, for browsers and Node. `onnx`: one file for onnxruntime and others, with the preprocessing inside; needs onnxruntime-node, which verifies the file.
   */
  formats: ('tfjs' | 'onnx')[];
  /**
   * `float16` halves the size of the files, and the run reports the cost in accuracy; programs still compute in float32.
   */
  weights: 'float32' | 'float16';
  /**
   * Whether to include up to four validation images, at the network's input size, so that others can verify their scores. Set it to false if your images must not be shared.
   */
  probe_pictures: boolean;
}

/**
 * Selects the layers of the base that keep their weights.
 */
export interface FreezeConfig {
  uses?: 'freeze';
  /**
   * The stage that provides the base.
   */
  base?: string;
  /**
   * `all`, `none`, `{until: LAYER}` (LAYER is the first trained layer), or a list of names and globs of the layers to freeze.
   */
  layers:
    | ('all' | 'none')
    | string[]
    | {
        /**
         * The first trained layer.
         */
        until: string;
      };
  /**
   * `stored`: batch normalization layers in the trained part use their stored statistics; `batch`: they use and update the statistics of the batches.
   */
  batch_norm: 'stored' | 'batch';
}

export type Folders = string | string[];

/**
 * Reads images with their labels, from folders, a table or file names, and assigns each image its label and its split: training, validation or test.
 */
export interface IngestConfig {
  uses?: 'ingest';
  /**
   * The images: a folder, a .zip, .tar or .tar.gz archive of one, a Parquet file with the images inside or a folder of such files, the https URL of an archive or a Parquet file, or a table (.csv, .tsv, .jsonl, .parquet) with the https URL of an image in each row. Or a bucket with one object per image, `s3://bucket/folder`. A folder, a bucket or an archive contains one folder per class, or train/, validation/ and test/ with one folder per class in each; other common names work too (Training, seg_train, val, dev, test_set). A single folder around all of them is entered automatically. A path is relative to the folder of the pipeline file, or to the folder above it if that folder is named pipelines.
   */
  source:
    | string
    | {
        /**
         * A folder or an archive.
         */
        path?: string;
        /**
         * The folder inside the source to read, such as `PetImages`. Not needed if all images are in a single folder.
         */
        inside?: string;
        /**
         * The https URL of an archive, or the address of images in a bucket, `s3://bucket/folder`.
         */
        url?: string;
        /**
         * The SHA-256 of the archive. The first run writes it to the lock file.
         */
        sha256?: string;
        /**
         * Instead of `sha256`, for old publications; requires `size`.
         */
        md5?: string;
        /**
         * In bytes. Without a digest, the first download must have this size; later ones must match the lock file.
         */
        size?: number;
        /**
         * Whether `url`, or the URLs in a table, may be on a private network, such as 10.0.0.0/8. They still need https.
         */
        allow_private?: boolean;
        /**
         * Request headers for the server of `url`, or of the URLs in a table, which must all be of one server; each with the environment variable that contains its value: `{Authorization: PIPELINE_TOKEN}`. Names of variables begin with `PIPELINE_`. The values are never written anywhere.
         */
        headers_env?: {
          [k: string]: string;
        };
        /**
         * For a bucket: the server if it is not one of AWS, such as https://minio.example.org:9000.
         */
        endpoint?: string;
        /**
         * For a bucket: its region. Default: what the AWS variables and profiles say, otherwise us-east-1.
         */
        region?: string;
        /**
         * For a bucket: whether its name is in the host or in the path. Default: `virtual-host` for AWS, `path` for other endpoints.
         */
        addressing?: 'path' | 'virtual-host';
      };
  /**
   * Where the labels are. `folders`, the default: one folder per class. `{table: labels.csv}`: one row per image. `{pattern: "{label}.{number}.jpg"}`: in the names of the files.
   */
  labels?:
    | string
    | {
        /**
         * A .csv or .tsv file with a row of column names, a .jsonl file with one object per line, or a .parquet file, in the project or in the source. File names in it are relative to its folder, or to the source. Not needed if the source is a Parquet file or a table itself, or if each split folder has a metadata.csv or metadata.jsonl.
         */
        table?: string;
        /**
         * The column with the names of the image files; their endings may be missing. Default: a column with a usual name, such as `file_name`, `path` or `image`.
         */
        file?: string;
        /**
         * The column with the labels. Default: a column with a usual name, such as `label`, `class` or `category`. With `task: multilabel`, a cell may be empty or a list, and `[cat, dog]` are columns of 0 and 1, one per class.
         */
        label?: string | [string, string, ...string[]];
        /**
         * With `task: multilabel`: what is between the labels of a cell, such as `|` in `cat|indoor`. Not needed for cells that are lists. Rows of the same file add their labels in any case.
         */
        separator?: string;
        /**
         * The column with the split of each image: `train`, `validation` or `test`, or another common name for one. Images without one are split by shares. Default: a column named `split`, `subset` or `partition`; `false` reads none.
         */
        split?: string | false;
        /**
         * The column with the weight of each image in the loss of training: a number from 0, with a decimal point. It multiplies the weight of the class.
         */
        weight?: string;
        /**
         * The column with the group of each image, such as a patient. Images of one group are always in the same split.
         */
        group?: string;
        /**
         * The names of the files, with `{label}` in place of the label. `{number}` stands for digits, `{any}` or `*` for any text, `{split}` for the split and `{group}` for the group. A pattern with `/` includes folders: `{split}/{label}_{any}.jpg`.
         */
        pattern?: string;
      };
  /**
   * The format that every image is converted to. Always RGB.
   */
  image: {
    /**
     * Height and width in pixels, in Keras's order.
     *
     * @minItems 2
     * @maxItems 2
     */
    size: [number, number];
    /**
     * How images of other proportions are brought to the size. `stretch`: both sides are scaled, so proportions change. `crop`: the short side is scaled to size / `crop_pct`, then the center is cut out, as most networks since 2018 were trained. `pad`: the whole image is scaled to fit, with `fill` around it. All resize exactly as Pillow does.
     */
    fit: 'stretch' | 'crop' | 'pad';
    /**
     * For `fit: crop`: the share of the short side that is kept. 0.875 is 224 of 256.
     */
    crop_pct: number;
    /**
     * For `fit: crop`: how half of an odd margin is rounded, which decides where the center begins. `down` as in transformers, `even` (to the even number) as in torchvision and timm.
     */
    crop_rounding: 'down' | 'even';
    /**
     * For `fit: pad`: the color around the image, red, green and blue from 0 to 255.
     *
     * @minItems 3
     * @maxItems 3
     */
    fill: [number, number, number];
    /**
     * How images are resized.
     */
    interpolation: 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';
    /**
     * `exif` turns images upright by their EXIF orientation; `stored` uses them as they are in the file.
     */
    orientation: 'exif' | 'stored';
  };
  /**
   * In millions of pixels. Larger images are refused, because decoding them takes memory and time.
   */
  max_megapixels: number;
  /**
   * The share of each class's images per split. Split folders override it. A class with two or more images has at least one for validation. The content of an image decides its split; a new image moves at most one other image of its class to another split.
   */
  split: {
    validation: number;
    test: number;
    /**
     * For `labels: {table}`: the same as `labels.split`.
     */
    column?: string;
    /**
     * Keeps the images of one group, such as a patient, in the same split. A column of the table, or a pattern of file names: `{group}_{any}.jpg`.
     */
    group?: string;
  };
  /**
   * The folders of each split if their names do not show it, such as `{train: [fold1, fold2], validation: fold3}`; other folders are left out. `{}`: no folder is a split, whatever its name.
   */
  split_folders?: {
    train?: Folders;
    validation?: Folders;
    test?: Folders;
  };
  /**
   * `single`: each image has one class. `multilabel`: an image has any number of classes, each with a sigmoid unit and a threshold of its own. Default: `single`.
   */
  task?: 'single' | 'multilabel';
  /**
   * The classes in the order of the model's outputs; other labels are left out. Default: all labels, sorted by code point. A mapping gives each class the labels that it consists of, such as `{feline: [cat, kitten], dog: dog}`; its classes are sorted by code point.
   */
  classes?:
    | string[]
    | {
        [k: string]: string | string[];
      };
  /**
   * Labels whose images are left out, such as `[unknown]`.
   */
  ignore?: string[];
  /**
   * Limits the number of images of each class.
   */
  per_class?: {
    /**
     * The most images of a class, of all splits together, counted before they are split. The content of the images decides which are used: a new image moves at most one other image in or out.
     */
    max: number;
  };
  /**
   * What to do with files that are not readable images: `fail` stops and lists the first ten; `skip` leaves them out and lists all of them. `pipeline doctor` lists them before a run.
   */
  on_bad_image: 'fail' | 'skip';
  /**
   * For labels in a table or in file names: what to do with rows that cannot be used, such as those without a file or a label or with a URL that has no image, and with images without a row or of another name: `fail` stops and lists the first ten; `skip` leaves them out and lists them.
   */
  on_bad_row: 'fail' | 'skip';
  /**
   * What to do with images whose exact content is in two classes: `fail` stops and lists the first ten files; `skip` leaves them out of both classes and lists them.
   */
  on_label_conflict: 'fail' | 'skip';
}

/**
 * Loads a pretrained network without its classifier.
 */
export interface LoadBaseConfig {
  uses?: 'load-base';
  /**
   * `vgg16`, `vgg19`, `mobilenet_v2` and `resnet50` are built in; if the weights file contains layers too, they must be those of the architecture, and they are used. `compact32` is included in this tool. `efficientnet_lite0` to `clip_vit_b32` are ONNX files of the Hugging Face hub, which are frozen as a whole. `tf_efficientnet_lite0` is in the npm package transfer-pipeline-base-photos. `layers_model` is any network in a file of Keras or TF.js, `onnx` any network in an ONNX file. `pipeline bases` lists them all.
   */
  architecture:
    | 'vgg16'
    | 'vgg19'
    | 'mobilenet_v2'
    | 'resnet50'
    | 'compact32'
    | 'efficientnet_lite0'
    | 'mobilenet_v3_large'
    | 'mobilenet_v4_conv_small'
    | 'efficientnet_v2_rw_s'
    | 'convnext_tiny'
    | 'resnet50_timm'
    | 'vit_small'
    | 'dinov2_small'
    | 'dinov2_base'
    | 'siglip_base'
    | 'clip_vit_b32'
    | 'tf_efficientnet_lite0'
    | 'layers_model'
    | 'onnx';
  /**
   * For `mobilenet_v2`: the width multiplier of its layers. A file that contains layers has its own.
   */
  alpha: 0.35 | 0.5 | 0.75 | 1 | 1.3 | 1.4;
  /**
   * For `mobilenet_v2` without `weights`: the image size that the published weights were trained on. Use the one closest to your `image.size`.
   */
  image_size: 96 | 128 | 160 | 192 | 224;
  /**
   * A .h5 or .keras file from Keras, or the model.json of a TF.js layers-model; add `sha256` to pin it. Or the https URL of such a file. Or an .onnx file, for `onnx` and the networks of the hub. Default: the published file of a named network; `imagenet` means the same. `random` starts from seeded noise, for tests.
   */
  weights?:
    | string
    | {
        /**
         * A .h5 or .keras file, or the model.json of a TF.js layers-model.
         */
        path?: string;
        /**
         * The https URL of a weights file, or of an archive of a TF.js layers-model.
         */
        url?: string;
        /**
         * MD5 of the download, instead of `sha256`, for old publications; requires `size`.
         */
        md5?: string;
        /**
         * Size of the download in bytes. Without a digest, the first download must have this size; later ones must match the lock file.
         */
        size?: number;
        /**
         * SHA-256 of the file or of the download. For a layers-model at a path, it is computed over the SHA-256 digests of model.json and its weights files, one per line; the tool prints it.
         */
        sha256?: string;
        /**
         * Whether `url` may be on a private network, such as 10.0.0.0/8. It still needs https.
         */
        allow_private?: boolean;
        /**
         * Request headers for the server of `url`, each with the environment variable that contains its value: `{Authorization: PIPELINE_TOKEN}`. Names of variables begin with `PIPELINE_`. The values are never written anywhere.
         */
        headers_env?: {
          [k: string]: string;
        };
      };
  /**
   * For ONNX files: the tensor that is the output of the base. Networks of the hub have their own; for `onnx`, the default `auto` takes an embedding by its usual name (`image_embeds`, `pooler_output`, `last_hidden_state`), or what the classifier reads.
   */
  output?: string;
  /**
   * For ONNX files, if the output is a list of tokens [tokens, channels]: `cls` uses the first token, `mean` their mean, `all` all of them.
   */
  tokens?: 'cls' | 'mean' | 'all';
  /**
   * For ONNX files that take images of any size: height and width that the base is used with. Default: the size in the file that `preprocessing.from` names, or else [224, 224].
   *
   * @minItems 2
   * @maxItems 2
   */
  input_size?: [number, number];
  /**
   * Always false: a base is used without its classifier.
   */
  include_top: false;
  /**
   * The pixel values that the base expects; known bases have a default. `tf`: [-1, 1]; `caffe`: BGR minus the ImageNet mean; `torch`: normalized with ImageNet mean and standard deviation; `none`: 0 to 255.
   */
  preprocessing?:
    | ('tf' | 'caffe' | 'torch' | 'none')
    | {
        /**
         * A preprocessor_config.json of Hugging Face, or a config.json of timm.
         */
        from?: string;
        /**
         * Levels of 0 to 255 are multiplied by this first. Default: 1/255.
         */
        scale?: number;
        /**
         * Subtracted from each channel, in the order of `channels`.
         *
         * @minItems 3
         * @maxItems 3
         */
        mean?: [number, number, number];
        /**
         * Each channel is divided by this, in the order of `channels`.
         *
         * @minItems 3
         * @maxItems 3
         */
        std?: [number, number, number];
        /**
         * The order of the channels. Default: `rgb`.
         */
        channels?: 'rgb' | 'bgr';
      };
  /**
   * `int8` computes the base in 8-bit integers, about twice as fast for matrix products, with ranges from up to 256 of your training images. `evaluate` reports what that costs. Such a base is frozen as a whole and exported as ONNX, at a quarter of the size.
   */
  precision: 'float32' | 'int8';
  /**
   * For `precision: int8`: the stage that provides the training images.
   */
  data?: string;
  /**
   * For random weights, and for the choice of images with `precision: int8`. Default: the seed of the pipeline.
   */
  seed?: number;
}

export type Clip = number;

/**
 * Trains all layers that are not frozen.
 */
export interface TrainConfig {
  uses?: 'train';
  /**
   * The stage that provides the model.
   */
  model?: string;
  /**
   * Instead of `model`: a train stage whose model is trained further, from its final weights.
   */
  from?: string;
  /**
   * With `from`: the layers of the base to freeze in this training, in the form of the freeze stage's `layers`. Default: the same layers as before.
   */
  freeze?:
    | ('all' | 'none')
    | string[]
    | {
        /**
         * The first trained layer.
         */
        until: string;
      };
  /**
   * The stage that provides the images.
   */
  data?: string;
  /**
   * A name, or a name with its settings. Formulas and defaults are Keras's. To clip gradients, set one of `clipnorm` (norm per weight tensor), `global_clipnorm` (norm of all gradients together) and `clipvalue` (each value).
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
   * The metrics to record in addition to the loss. With `task: multilabel`, `accuracy` is recorded as Keras's `binary_accuracy`: the share of right decisions, one for each class of an image.
   */
  metrics: 'accuracy'[];
  batch_size: number;
  epochs: number;
  /**
   * How the learning rate changes: `constant`; `step` multiplies it by `factor` every `every` epochs; `cosine` lowers it to `alpha` times its start. `step` and `cosine` are Keras's ExponentialDecay (staircase) and CosineDecay.
   */
  schedule: {
    constant?: {};
    step?: {
      /**
       * The number of epochs between two steps.
       */
      every: number;
      factor: number;
    };
    cosine?: {
      /**
       * The final learning rate as a share of the initial one.
       */
      alpha: number;
    };
  };
  /**
   * The number of epochs, fractions included, in which the learning rate rises linearly from 0; the schedule starts after them.
   */
  warmup_epochs: number;
  /**
   * Multiplies the learning rate by `factor` if the monitored metric has not improved for `patience` epochs: Keras's ReduceLROnPlateau.
   */
  reduce_on_plateau?: {
    monitor: 'val_loss' | 'val_accuracy' | 'val_binary_accuracy' | 'loss' | 'accuracy' | 'binary_accuracy';
    factor: number;
    /**
     * Epochs without improvement.
     */
    patience: number;
    /**
     * The smallest change that counts as an improvement.
     */
    min_delta: number;
    /**
     * Epochs after a reduction that are not counted.
     */
    cooldown: number;
    /**
     * The lowest learning rate.
     */
    min_lr: number;
  };
  /**
   * L2 regularization: adds this factor times the sum of squares of all trained kernels to the loss, like Keras's kernel_regularizer on each layer.
   */
  l2: number;
  /**
   * `balanced`, or a weight per class name; other classes have the weight 1. Not with `task: multilabel`, where an image has no single class that could weight it.
   */
  class_weight?:
    | 'balanced'
    | {
        [k: string]: number;
      };
  /**
   * Stops training if the monitored metric has not improved for `patience` epochs.
   */
  early_stopping?: {
    monitor: 'val_loss' | 'val_accuracy' | 'val_binary_accuracy' | 'loss' | 'accuracy' | 'binary_accuracy';
    /**
     * Epochs without improvement.
     */
    patience: number;
    /**
     * The smallest change that counts as an improvement.
     */
    min_delta: number;
    restore_best_weights: boolean;
  };
  /**
   * For the order of images and for dropout. Default: the seed of the pipeline.
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

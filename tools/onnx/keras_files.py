"""Writes ONNX files of a small Keras network: by Keras's own export, and by tf2onnx. As files.py does, into
test/fixtures/onnx or a folder. Needs requirements-keras.txt, which does not go together with PyTorch's packages.

    python keras_files.py [FOLDER]
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
import tensorflow
import tf2onnx
from keras import layers

from index import FIXTURES, IMAGES, entry, images_for, pack, read, write
from noise import noise

SIZE = 32


def small():
    """Blocks of MobileNetV2 and V3 with what their converters write in their own ways: `same` paddings, squeeze, swish."""
    x = images = keras.Input((SIZE, SIZE, 3), name="images")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(6.0)(x)
    start = x
    x = layers.Conv2D(16, 1, activation="swish")(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.DepthwiseConv2D(3, padding="valid", use_bias=False)(layers.ZeroPadding2D(((1, 0), (1, 0)))(x))
    x = layers.BatchNormalization()(x)
    x = layers.Activation("hard_silu")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply()([x, layers.Conv2D(16, 1, activation="hard_sigmoid")(gate)])
    x = layers.Add()([layers.Conv2D(8, 1)(x)[:, :16, :16], start])
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    x = layers.LayerNormalization()(layers.Activation("swish")(x))
    x = layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(images, layers.Dense(5, activation="softmax")(layers.Dropout(0.2)(x)))


def fill(model):
    for variable in model.variables:
        shape = tuple(variable.shape)
        if "seed" in variable.path:
            continue
        if len(shape) > 1:
            limit = float(numpy.sqrt(3.0 / numpy.prod(shape[:2] if "depthwise" in variable.path else shape[:-1])))
            low, high = -limit, limit
        else:
            low, high = (0.5, 1.5) if variable.name in ("gamma", "moving_variance") else (-0.3, 0.3)
        name = variable.path.replace("_", "")
        variable.assign(noise(name, int(numpy.prod(shape)), low, high).reshape(shape))
    return model


def main(arguments):
    folder = Path(arguments[0]) if arguments else FIXTURES
    folder.mkdir(parents=True, exist_ok=True)
    model = fill(small())
    # Its own exporter wants a model that was called.
    base = keras.Model(model.input, model.get_layer("features").output)
    last = images_for(IMAGES, (SIZE, SIZE, 3))
    first = images_for(IMAGES, (3, SIZE, SIZE)).transpose(0, 2, 3, 1)
    model(last)
    signature = [tensorflow.TensorSpec((None, SIZE, SIZE, 3), tensorflow.float32, name="images")]

    def by_tf2onnx(opset, **options):
        return lambda path: tf2onnx.convert.from_keras(model, signature, opset=opset, output_path=path, **options)

    files = {
        "keras-export": (last, lambda path: model.export(path, format="onnx", verbose=False)),
        "tf2onnx-opset9": (last, by_tf2onnx(9)),
        "tf2onnx-nchw": (first, by_tf2onnx(15, inputs_as_nchw=["images"])),
    }
    known = read(folder)
    for name, (images, convert) in files.items():
        convert(str(folder / f"{name}.onnx"))
        known[name] = entry(SIZE, base(images).numpy())
        pack(folder, name)
        print(name, flush=True)
    write(folder, known)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The classic recipe as Keras's users write it: frozen VGG16, augmented generator, a dense head, adam.

    python recipe.py DATA WEIGHTS EPOCHS UNITS    trains; a line of JSON an epoch
    python recipe.py weights PATH                 writes VGG16 without its top, with random weights
"""

import json
import os
import sys
import time

START = time.time()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers
from keras.applications import VGG16
from keras.src.legacy.preprocessing.image import ImageDataGenerator


def say(**fields):
    print(json.dumps({**fields, "seconds": time.time() - START}), flush=True)


class Epochs(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        say(epoch=epoch + 1, loss=logs["loss"])


def write_weights(path):
    # By Keras 2, in the layout in which the ImageNet weights are published.
    import tf_keras

    tf_keras.utils.set_random_seed(1)
    tf_keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3)).save_weights(path)


def train(data, weights, epochs, units):
    keras.utils.set_random_seed(42)
    base = VGG16(weights=weights, include_top=False, input_shape=(224, 224, 3))
    base.trainable = False
    model = keras.Sequential(
        [
            base,
            layers.Flatten(),
            layers.Dense(units, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy", metrics=["accuracy"])
    varied = ImageDataGenerator(rescale=1 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
    plain = ImageDataGenerator(rescale=1 / 255)
    flow = {"target_size": (224, 224), "batch_size": 32, "class_mode": "binary"}
    model.fit(
        varied.flow_from_directory(os.path.join(data, "train"), **flow),
        validation_data=plain.flow_from_directory(os.path.join(data, "validation"), **flow),
        epochs=epochs,
        callbacks=[Epochs()],
        verbose=0,
    )


if __name__ == "__main__":
    if sys.argv[1] == "weights":
        write_weights(sys.argv[2])
    else:
        train(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

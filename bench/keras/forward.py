"""VGG16's convolutions in Keras, forward: a line of JSON for each line that comes in.

    python forward.py THREADS BATCH
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy
import tensorflow

THREADS, BATCH = int(sys.argv[1]), int(sys.argv[2])
tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
tensorflow.config.threading.set_inter_op_parallelism_threads(1)

import keras


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


keras.utils.set_random_seed(1)
model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
images = tensorflow.constant(numpy.random.default_rng(1).standard_normal((BATCH, 224, 224, 3), dtype=numpy.float32))
forward = tensorflow.function(lambda x: model(x, training=False))
forward(images)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    start, used = time.perf_counter(), cpu()
    forward(images).numpy()
    print(
        json.dumps({"ms": (time.perf_counter() - start) * 1e3 / BATCH, "cpu": (cpu() - used) * 1e3 / BATCH}),
        flush=True,
    )

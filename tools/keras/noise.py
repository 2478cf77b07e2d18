"""Numbers that the tests make again by themselves: test/keras/noise.ts has the same formula, to the last bit."""

import hashlib

import numpy


def noise(name, count, low=-1.0, high=1.0):
    """`count` float32 numbers in [low, high), by a 32-bit hash of their index and the name."""
    seed = numpy.uint32(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little"))
    x = numpy.arange(count, dtype=numpy.uint32) ^ seed
    # The finaliser known as lowbias32, by Chris Wellons.
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x7FEB352D)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(0x846CA68B)
    x ^= x >> numpy.uint32(16)
    return (low + x.astype(numpy.float64) / 2.0**32 * (high - low)).astype(numpy.float32)


def weight(name, shape):
    """Weights of a size that keeps a network's numbers in bounds; `name` is `layer/role`."""
    role = name.split("/")[-1]
    count = int(numpy.prod(shape))
    if role in ("kernel", "depthwise_kernel"):
        fan_in = numpy.prod(shape[:2] if role == "depthwise_kernel" else shape[:-1])
        limit = float(numpy.sqrt(6.0 / fan_in))
    else:
        limit = 0.5
    low, high = (0.5, 1.5) if role in ("gamma", "moving_variance") else (-limit, limit)
    return noise(name, count, low, high).reshape(shape)


# Of kernels, and of the vectors of a layer, some of which are variances.
RANGES = {False: (-0.4, 0.5), True: (0.2, 1.0)}


def fill(model):
    """Gives all layers of a model of Keras weights by their names, also those of models inside it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            fill(layer)
            continue
        name = layer.name.replace("/", "_")
        values = [
            noise(f"{name}/{index}", int(numpy.prod(shape)), *RANGES[len(shape) == 1]).reshape(shape)
            for index, shape in enumerate(value.shape for value in layer.get_weights())
        ]
        if values:
            layer.set_weights(values)
        # A Normalization layer computes with copies.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()

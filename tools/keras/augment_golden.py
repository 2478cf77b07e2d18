"""Writes test/fixtures/keras/augment.json: images changed by Keras's own ImageDataGenerator, to compare ours with.

Square images go through Keras's `apply_transform`.
For others Keras 3 mixes up height and width in the centre of its transforms, so those go straight through the
`scipy.ndimage.affine_transform` that Keras uses, with the centre where it belongs. Sharpness is PIL's own.
"""

import json
import math
from pathlib import Path

import numpy
import scipy.ndimage
from PIL import Image, ImageEnhance
from keras.src.legacy.preprocessing.image import ImageDataGenerator

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "augment.json"
FILL_MODES = ["nearest", "reflect", "wrap", "constant"]
CVAL = 77.0
NOTHING = {
    "theta": 0.0,
    "tx": 0.0,
    "ty": 0.0,
    "shear": 0.0,
    "zx": 1.0,
    "zy": 1.0,
    "flip_horizontal": False,
    "flip_vertical": False,
    "channel_shift_intensity": None,
    "brightness": None,
}
COMBINED = {"theta": -21.5, "tx": 2.3, "ty": -1.7, "shear": 14.0, "zx": 1.31, "zy": 0.77}

# Each affine part alone with every fill mode; far shifts fold over the edges more than once.
AFFINE = [
    {"theta": 33.0},
    {"tx": 2.4, "ty": -3.3},
    {"tx": -23.3, "ty": 31.6},
    {"shear": 25.0},
    {"zx": 0.6, "zy": 1.7},
    COMBINED,
]
OTHERS = [
    {"flip_horizontal": True},
    {"flip_vertical": True},
    {"flip_horizontal": True, "flip_vertical": True},
    {"channel_shift_intensity": 40.25},
    {"channel_shift_intensity": -33.5},
    {"brightness": 0.6},
    {"brightness": 1.45},
    {**COMBINED, "flip_horizontal": True, "channel_shift_intensity": 21.5, "brightness": 1.2},
]


SHARPNESS = [0.0, 0.6, 1.0, 1.8, 3.2]

# What a generator is asked for, and an image of this height and width: Keras's draws give the range of each number.
EXTENT = (200, 100)
RANGES = [
    {"rotation_range": 30},
    {"width_shift_range": 0.1},
    {"width_shift_range": 3},
    {"width_shift_range": 1.5},
    {"height_shift_range": 0.2},
    {"height_shift_range": 4},
    {"shear_range": 0.2},
    {"zoom_range": 0.2},
    {"zoom_range": [0.5, 0.9]},
    {"horizontal_flip": True},
    {"vertical_flip": True},
    {"channel_shift_range": 12},
    {"brightness_range": [0.8, 1.2]},
    {"rescale": 1 / 255, "shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True},
]


def drawn(asked):
    """The least and the most of each number in 4,000 draws, flips as 0 and 1; what is not drawn is nothing."""
    numpy.random.seed(7)
    generator = ImageDataGenerator(**asked)
    draws = [generator.get_random_transform((*EXTENT, 3)) for _ in range(4000)]
    numbers = {name: [float(draw[name] or 0) for draw in draws] for name in NOTHING}
    return {"asked": asked, "drawn": {name: [round(min(each), 4), round(max(each), 4)] for name, each in numbers.items()}}


def by_keras(pixels, change, fill_mode):
    generator = ImageDataGenerator(fill_mode=fill_mode, cval=CVAL)
    return generator.apply_transform(pixels.astype("float32"), {**NOTHING, **change})


def by_scipy(pixels, change, fill_mode):
    """The affine part about the true centre, with the axes as scipy wants them: rows (y) first."""
    all_of_it = {**NOTHING, **change}
    theta, shear = math.radians(all_of_it["theta"]), math.radians(all_of_it["shear"])
    rotation = numpy.array([[math.cos(theta), -math.sin(theta), 0], [math.sin(theta), math.cos(theta), 0], [0, 0, 1]])
    shift = numpy.array([[1, 0, all_of_it["tx"]], [0, 1, all_of_it["ty"]], [0, 0, 1]])
    sheared = numpy.array([[1, -math.sin(shear), 0], [0, math.cos(shear), 0], [0, 0, 1]])
    zoom = numpy.diag([all_of_it["zx"], all_of_it["zy"], 1])
    height, width = pixels.shape[:2]
    centre = numpy.array([[1, 0, (width - 1) / 2], [0, 1, (height - 1) / 2], [0, 0, 1]])
    matrix = centre @ rotation @ shift @ sheared @ zoom @ numpy.linalg.inv(centre)
    swap = numpy.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    matrix = swap @ matrix @ swap
    channels = [
        scipy.ndimage.affine_transform(channel, matrix[:2, :2], matrix[:2, 2], order=1, mode=fill_mode, cval=CVAL)
        for channel in numpy.moveaxis(pixels.astype("float32"), 2, 0)
    ]
    return numpy.stack(channels, axis=2)


def sharpened(picture, pixels, factor):
    """In whole levels: PIL rounds the smooth image, and the blend once more."""
    result = numpy.asarray(ImageEnhance.Sharpness(Image.fromarray(pixels)).enhance(factor))
    return {"picture": picture, "factor": factor, "expected": result.ravel().tolist()}


def case(picture, pixels, change, fill_mode, apply):
    result = apply(pixels, change, fill_mode)
    assert result.shape == pixels.shape
    expected = [round(float(level), 3) for level in result.ravel()]
    return {"picture": picture, "fillMode": fill_mode, "change": {**NOTHING, **change}, "expected": expected}


def main():
    random = numpy.random.default_rng(20240229)
    sizes = {"odd": (9, 9), "even": (8, 8), "wide": (6, 10)}
    pictures = {name: random.integers(0, 256, (height, width, 3), dtype=numpy.uint8) for name, (height, width) in sizes.items()}
    cases = [case("odd", pictures["odd"], change, mode, by_keras) for mode in FILL_MODES for change in AFFINE]
    cases += [case("even", pictures["even"], change, "nearest", by_keras) for change in [*OTHERS, COMBINED]]
    cases += [case("wide", pictures["wide"], change, mode, by_scipy) for mode in FILL_MODES for change in [COMBINED]]
    described = {
        name: {"width": pixels.shape[1], "height": pixels.shape[0], "pixels": pixels.ravel().tolist()}
        for name, pixels in pictures.items()
    }
    sharp = [sharpened(name, pictures[name], factor) for name in pictures for factor in SHARPNESS]
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases)
    ranges = ",\n".join(json.dumps(drawn(asked), separators=(",", ":")) for asked in RANGES)
    head = f'"cval":{CVAL},\n"pictures":{json.dumps(described, separators=(",", ":"))},\n"extent":{list(EXTENT)}'
    sharpness = ",\n".join(json.dumps(each, separators=(",", ":")) for each in sharp)
    TARGET.write_text(f'{{{head},\n"sharpness":[\n{sharpness}\n],\n"ranges":[\n{ranges}\n],\n"cases":[\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()

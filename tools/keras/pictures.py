"""Writes test/fixtures/keras/pictures/ and pictures.json.gz: what `flow_from_directory` makes of images and folders.

The images are drawn here: smooth parts, edges and grain, so that every filter has something to do.
"""

import gzip
import hashlib
import json
import tempfile
from pathlib import Path

import numpy
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from PIL import Image

from noise import noise

FIXTURES = Path(__file__).parents[2] / "test" / "fixtures" / "keras"
INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos"]
# Height and width. From 150 x 110 pixels: a reduction by two and a bit, by five, two enlargements; no ratio is whole.
SIZES = [(48, 64), (22, 29), (131, 177), (131, 64)]
# Names that locales, case and the order of UTF-16 units would sort otherwise.
CLASSES = ["Zebra", "ant", "a b", "a_b", "10", "9", "été", "ete", "zoo", "ｚ", "\U0001F600", "Ant"]


def drawn(width, height):
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    red = 128 + 100 * numpy.sin(x / 9) * numpy.cos(y / 13)
    green = numpy.where((x // 17 + y // 11) % 2 == 0, 40, 210)
    blue = numpy.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2, 230, 255 * x / width)
    grain = noise("grain", width * height, -12, 12).reshape((height, width))
    return numpy.clip(numpy.stack([red, green, blue], axis=2) + grain[..., None], 0, 255).astype(numpy.uint8)


def write_images(folder):
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(drawn(150, 110))
    picture.save(folder / "colour.png", optimize=True)
    picture.save(folder / "subsampled.jpg", quality=90)
    picture.save(folder / "full.jpg", quality=92, subsampling=0)
    picture.save(folder / "progressive.jpg", quality=85, progressive=True)
    picture.convert("L").save(folder / "grey.png", optimize=True)
    picture.quantize(64).save(folder / "palette.png", optimize=True)
    alpha = Image.fromarray(numpy.full((110, 150), 128, numpy.uint8))
    picture.putalpha(alpha)
    picture.save(folder / "alpha.png", optimize=True)


def class_order():
    with tempfile.TemporaryDirectory() as folder:
        for name in CLASSES:
            (Path(folder) / name).mkdir()
        flow = ImageDataGenerator().flow_from_directory(folder)
        return sorted(flow.class_indices, key=flow.class_indices.get)


def decoded(root, size, interpolation):
    flow = ImageDataGenerator().flow_from_directory(root, target_size=size, interpolation=interpolation, shuffle=False, batch_size=99)
    pixels, _ = next(flow)
    return {Path(name).name: one.astype(numpy.uint8).tobytes() for name, one in zip(flow.filenames, pixels)}


def case(size, interpolation):
    pixels = decoded(FIXTURES / "pictures", size, interpolation)
    digests = {name: hashlib.sha256(levels).hexdigest() for name, levels in pixels.items()}
    return {"size": size, "interpolation": interpolation, "digests": digests}


def main():
    write_images(FIXTURES / "pictures" / "drawn")
    cases = [case(size, interpolation) for size in SIZES for interpolation in INTERPOLATIONS]
    golden = {"classes": CLASSES, "order": class_order(), "cases": cases}
    target = FIXTURES / "pictures.json.gz"
    target.write_bytes(gzip.compress(json.dumps(golden, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(cases)} cases, {target.stat().st_size} bytes")


main()

"""Writes test/fixtures/keras/fit.json.gz: images that are cropped and padded by the arithmetic of Hugging Face's
processors (resize of the short side, center crop) and by Pillow's ImageOps.pad, with Pillow's filters.
"""

import base64
import gzip
import json
import math
from pathlib import Path

import numpy
from PIL import Image, ImageOps

from noise import noise

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "fit.json.gz"
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# Reduced and enlarged, upright and lying, with odd margins.
CASES = [
    ((75, 50), (16, 16)),
    ((41, 90), (16, 16)),
    ((64, 64), (16, 16)),
    ((20, 13), (16, 16)),
    ((9, 17), (16, 16)),
    ((75, 50), (24, 12)),
    ((33, 200), (12, 20)),
]


def drawn(name, width, height):
    levels = noise(name, height * width * 3, 0, 256)
    return Image.fromarray(numpy.clip(numpy.floor(levels), 0, 255).astype(numpy.uint8).reshape((height, width, 3)))


def cropped(image, width, height, share, resampling):
    box = [math.floor(side / share + 1e-6) for side in (width, height)]
    if box[0] * image.height <= box[1] * image.width:
        size = (int(box[1] * image.width / image.height), box[1])
    else:
        size = (box[0], int(box[0] * image.height / image.width))
    resized = image.resize(size, resampling)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return resized.crop((left, top, left + width, top + height))


def main():
    cases = []
    for (width, height), (to_width, to_height) in CASES:
        name = f"fit {width} {height}"
        image = drawn(name, width, height)
        for interpolation, resampling in FILTERS.items():
            results = {
                "crop": cropped(image, to_width, to_height, 0.875, resampling),
                "whole": cropped(image, to_width, to_height, 1, resampling),
                "pad": ImageOps.pad(image, (to_width, to_height), resampling, color=(124, 116, 104)),
            }
            for kind, result in results.items():
                pixels = base64.b64encode(numpy.asarray(result).tobytes()).decode()
                cases.append({
                    "noise": name, "from": [width, height], "to": [to_width, to_height],
                    "interpolation": interpolation, "kind": kind, "pixels": pixels,
                })
    TARGET.write_bytes(gzip.compress(json.dumps(cases, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(cases)} cases, {TARGET.stat().st_size} bytes")


main()

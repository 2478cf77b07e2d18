"""Writes test/fixtures/keras/formats.json.gz: files of every format that is read, with the pixels that Pillow's
`convert('RGB')`, and so Keras's `load_img`, makes of them.

Pillow writes most of the files; bitmaps of the kinds that it reads and does not write are put together here.
"""

import base64
import gzip
import io
import json
import struct
from pathlib import Path

import numpy
from PIL import Image, ImageFile

from noise import noise

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "formats.json.gz"
# Pillow reads a JPEG without its end marker where its buffer happens to hold all rows; with this, it reads each.
ImageFile.LOAD_TRUNCATED_IMAGES = True
# No row is a whole number of words long.
WIDTH, HEIGHT = 13, 9


def drawn(name, channels=3):
    levels = noise(name, HEIGHT * WIDTH * channels, 0, 256)
    return numpy.clip(numpy.floor(levels), 0, 255).astype(numpy.uint8).reshape((HEIGHT, WIDTH, channels))


def saved(image, format, **options):
    target = io.BytesIO()
    image.save(target, format=format, **options)
    return target.getvalue()


def bitmap(depth, rows, palette=b"", height=HEIGHT, masks=b"", core=False):
    """A BMP of these rows, which are padded here, from the lowest to the topmost."""
    padded = b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
    if core:
        header = struct.pack("<IHHHH", 12, WIDTH, height, 1, depth)
    else:
        compression = 3 if masks else 0
        colors = len(palette) // 4
        header = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, depth, compression, len(padded), 2835, 2835, colors, 0)
    start = 14 + len(header) + len(masks) + len(palette)
    file = struct.pack("<2sIHHI", b"BM", start + len(padded), 0, 0, start)
    return file + header + masks + palette + padded


def words(name):
    levels = noise(name, HEIGHT * WIDTH, 0, 65536)
    return [struct.pack(f"<{WIDTH}H", *(int(level) for level in row)) for row in levels.reshape((HEIGHT, WIDTH))]


def nibbles(name):
    levels = [int(level) for level in noise(name, HEIGHT * (WIDTH + 1), 0, 15.99)]
    rows = [levels[row * (WIDTH + 1):(row + 1) * (WIDTH + 1)] for row in range(HEIGHT)]
    return [bytes(row[i] << 4 | row[i + 1] for i in range(0, WIDTH + 1, 2)) for row in rows]


def files():
    color = Image.fromarray(drawn("colour"))
    other = Image.fromarray(drawn("other"))
    cmyk = Image.fromarray(drawn("cmyk", 4), mode="CMYK")
    palette = bytes(int(level) for level in noise("palette", 64, 0, 255.99))
    plain = [bytes(row.reshape(-1)) for row in drawn("rows")]
    yield "24-bit.bmp", saved(color, "BMP")
    yield "8-bit.bmp", saved(color.quantize(200), "BMP")
    yield "gray.bmp", saved(color.convert("L"), "BMP")
    yield "1-bit.bmp", saved(color.convert("1"), "BMP")
    yield "32-bit.bmp", bitmap(32, [bytes(row.reshape(-1)) for row in drawn("deep", 4)])
    yield "4-bit.bmp", bitmap(4, nibbles("nibbles"), palette)
    yield "555.bmp", bitmap(16, words("555"))
    yield "565.bmp", bitmap(16, words("565"), masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F))
    yield "from-the-top.bmp", bitmap(24, plain, height=-HEIGHT)
    yield "core-header.bmp", bitmap(24, plain, core=True)
    yield "one.gif", saved(color.quantize(256), "GIF")
    yield "two-frames.gif", saved(color.quantize(64), "GIF", save_all=True, append_images=[other.quantize(64)])
    yield "strips.tif", saved(color, "TIFF")
    yield "lzw.tif", saved(color, "TIFF", compression="tiff_lzw")
    yield "deflate.tif", saved(color, "TIFF", compression="tiff_adobe_deflate")
    yield "gray.tif", saved(color.convert("L"), "TIFF")
    yield "1-bit.tif", saved(color.convert("1"), "TIFF", compression="group4")
    yield "cmyk.tif", saved(cmyk, "TIFF")
    yield "two-pages.tif", saved(color, "TIFF", save_all=True, append_images=[other])
    yield "two-frames.webp", saved(color, "WEBP", lossless=True, save_all=True, append_images=[other])
    yield "cmyk.jpg", saved(cmyk, "JPEG", quality=95)
    yield "without-end.jpg", saved(color, "JPEG", quality=95)[:-2]
    yield "progressive-without-end.jpg", saved(color, "JPEG", quality=95, progressive=True)[:-2]
    yield "lossy.avif", saved(color, "AVIF", quality=90, subsampling="4:4:4")


def encoded(content):
    return base64.b64encode(content).decode()


def main():
    golden = {"width": WIDTH, "height": HEIGHT, "files": {}}
    for name, content in files():
        pixels = numpy.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        assert pixels.shape == (HEIGHT, WIDTH, 3), name
        golden["files"][name] = {"file": encoded(content), "pixels": encoded(pixels.tobytes())}
    TARGET.write_bytes(gzip.compress(json.dumps(golden, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(golden['files'])} files, {TARGET.stat().st_size} bytes")


main()

"""Writes the pixels that the processors of transformers (PIL) and timm make of ten photographs.

    python processors.py                 into test/fixtures/processors, of photographs that are committed
    python processors.py FOLDER FILE     of the first ten JPEGs of another folder, into FILE; then
                                         PROCESSORS=FILE npx jest test/image/processors

Each form is a file as hubs have it, with what its own processor makes of black, of white and of each photograph: the
digest of its levels, which are 255 * (number - black) / (white - black), rounded.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy
from PIL import Image
from timm.data import create_transform, resolve_data_config
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.efficientnet.image_processing_pil_efficientnet import EfficientNetImageProcessorPil
from transformers.models.mobilevit.image_processing_pil_mobilevit import MobileViTImageProcessorPil
from transformers.models.poolformer.image_processing_pil_poolformer import PoolFormerImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "test" / "fixtures" / "processors"
PHOTOGRAPHS = 10

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
ROOTS = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.47853944, 0.4732864, 0.47434163]}
FORMS = {
    "ViT": (ViTImageProcessorPil, {"size": {"height": 224, "width": 224}, "resample": 2, "do_resize": True, "do_normalize": True, **HALF}),
    "ViT, of old": (ViTImageProcessorPil, {"size": 96, "resample": 2, **HALF}),
    "ViT, not square, lanczos": (ViTImageProcessorPil, {"size": {"height": 64, "width": 90}, "resample": 1, **IMAGENET}),
    "ViT, not normalized": (ViTImageProcessorPil, {"size": {"height": 64, "width": 64}, "resample": 3, "do_normalize": False}),
    "ViT, not rescaled": (ViTImageProcessorPil, {"size": {"height": 64, "width": 64}, "resample": 0, "do_normalize": False, "do_rescale": False}),
    "ViT, another factor": (ViTImageProcessorPil, {"size": {"height": 64, "width": 64}, "resample": 2, "rescale_factor": 1 / 127.5, **HALF}),
    "DINOv2": (BitImageProcessorPil, {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "resample": 3, "do_convert_rgb": True, **IMAGENET}),
    "CLIP": (CLIPImageProcessorPil, {"size": {"shortest_edge": 224}, "crop_size": 224, "do_center_crop": True, "resample": 3, **CLIP}),
    "SigLIP": (SiglipImageProcessorPil, {"size": {"height": 224, "width": 224}, "resample": 3, **HALF}),
    "ConvNeXT": (ConvNextImageProcessorPil, {"size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3, **IMAGENET}),
    "ConvNeXT, large": (ConvNextImageProcessorPil, {"size": {"shortest_edge": 384}, "crop_pct": 0.875, "resample": 3, **IMAGENET}),
    "EfficientNet": (EfficientNetImageProcessorPil, {"size": {"height": 260, "width": 260}, "resample": 0, "include_top": True, "rescale_offset": False, **ROOTS}),
    "EfficientNet, with an offset": (EfficientNetImageProcessorPil, {"size": {"height": 64, "width": 64}, "resample": 3, "include_top": False, "rescale_offset": True, "rescale_factor": 1 / 127.5, "do_normalize": False}),
    "MobileViT": (MobileViTImageProcessorPil, {"size": {"shortest_edge": 288}, "crop_size": {"height": 256, "width": 256}, "do_center_crop": True, "resample": 2, "do_flip_channel_order": True, "do_normalize": False}),
    "PoolFormer": (PoolFormerImageProcessorPil, {"size": {"shortest_edge": 224}, "crop_pct": 0.9, "crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "resample": 3, **IMAGENET}),
    "timm": (None, {"input_size": [3, 224, 224], "crop_pct": 0.875, "interpolation": "bicubic", "mean": IMAGENET["image_mean"], "std": IMAGENET["image_std"]}),
    "timm, another share": (None, {"input_size": [3, 240, 240], "crop_pct": 0.95, "crop_mode": "center", "interpolation": "bilinear", "mean": HALF["image_mean"], "std": HALF["image_std"]}),
    "timm, squashed": (None, {"input_size": [3, 160, 160], "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bicubic", "mean": HALF["image_mean"], "std": HALF["image_std"]}),
    "timm, its defaults": (None, {"num_classes": 10, "license": "apache-2.0"}),
}


def processor(kind, config):
    """Takes an image of PIL, gives float32 numbers [height, width, 3]."""
    if kind is None:
        transform = create_transform(**resolve_data_config(pretrained_cfg=config))
        return lambda image: transform(image).permute(1, 2, 0).numpy()
    made = kind(**config)
    return lambda image: numpy.moveaxis(numpy.asarray(made(image, return_tensors="np")["pixel_values"][0], dtype=numpy.float32), 0, -1)


def digest(numbers, black, white):
    levels = (numbers.astype(numpy.float64) - black) / (white - black) * 255
    assert numpy.abs(levels - numpy.round(levels)).max() < 0.01
    return hashlib.sha256(numpy.round(levels).astype(numpy.uint8).tobytes()).hexdigest()


def form(name, photographs):
    kind, config = FORMS[name]
    process = processor(kind, config)
    black, white = (process(Image.new("RGB", (500, 500), (level,) * 3))[0, 0].astype(numpy.float64) for level in (0, 255))
    saved = {"pretrained_cfg": config} if kind is None else {"image_processor_type": kind.__name__.removesuffix("Pil"), **config}
    digests = {path.name: digest(process(Image.open(path).convert("RGB")), black, white) for path in photographs}
    return {"name": name, "config": saved, "black": black.tolist(), "white": white.tolist(), "digests": digests}


def cut_photographs():
    """Photographs of examples/pets, cut to proportions of all kinds."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    sources = sorted((ROOT / "examples" / "pets" / "pictures").glob("*/*.jpg"))[::20][:PHOTOGRAPHS]
    for at, source in enumerate(sources):
        image = Image.open(source).convert("RGB")
        width, height = (96, 60 + 4 * at - at % 3) if at % 2 == 0 else (59 + 4 * at - at % 3, 96)
        image.crop((0, 0, width, min(height, 96))).save(FIXTURES / f"{at}.jpg", quality=90)
    return sorted(FIXTURES.glob("*.jpg"))


def main(arguments):
    photographs = sorted(Path(arguments[0]).glob("*.jpg"))[:PHOTOGRAPHS] if arguments else cut_photographs()
    target = Path(arguments[1]) if arguments else FIXTURES / "forms.json.gz"
    golden = {"folder": str(photographs[0].parent) if arguments else None, "forms": [form(name, photographs) for name in FORMS]}
    target.write_bytes(gzip.compress(json.dumps(golden, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(FORMS)} forms, {len(photographs)} photographs, {target.stat().st_size} bytes")


main(sys.argv[1:])

"""Networks that people take as bases: the whole ones, and tiny ones of the same classes, so that exporters write the same
patterns of nodes. None of them is trained. Each maker gives a network that takes images [batch, 3, height, width].
"""

import timm
import torch
from timm.models import efficientnet as en
from timm.models import mobilenetv3 as mn
from timm.models._efficientnet_builder import decode_arch_def, resolve_act_layer, round_channels
from functools import partial
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Dinov2Config,
    Dinov2Model,
    SiglipVisionConfig,
    SiglipVisionModel,
    ViTConfig,
    ViTForImageClassification,
)

from exporting import Outputs, Pixels

# One block or two of width 8 to 32, for images of 32 pixels.
TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "image_size": 32, "patch_size": 8}


def vit(tiny):
    small = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 1, "num_heads": 2, "num_classes": 5} if tiny else {}
    return timm.create_model("vit_tiny_patch16_224", **small)


def vit_hf(tiny):
    return Outputs(ViTForImageClassification(ViTConfig(**(TINY if tiny else {}), num_labels=5)), ["logits"])


def dinov2(tiny):
    small = TINY if tiny else {"hidden_size": 384, "num_attention_heads": 6, "image_size": 518, "patch_size": 14}
    return Outputs(Dinov2Model(Dinov2Config(**small)), ["last_hidden_state", "pooler_output"])


def dinov2_tokens(tiny):
    """As Optimum writes it for feature extraction: tokens alone."""
    network = dinov2(tiny)
    network.names = ["last_hidden_state"]
    return network


def clip(tiny):
    small = {**TINY, "projection_dim": 12} if tiny else {"image_size": 224, "patch_size": 32}
    return Outputs(CLIPVisionModelWithProjection(CLIPVisionConfig(**small)), ["image_embeds", "last_hidden_state"])


def siglip(tiny):
    small = TINY if tiny else {"image_size": 224, "patch_size": 16}
    return Outputs(SiglipVisionModel(SiglipVisionConfig(**small)), ["last_hidden_state", "pooler_output"])


def convnext(tiny):
    small = {"depths": (1, 1, 1, 1), "dims": (8, 8, 16, 16), "num_classes": 5} if tiny else {}
    return timm.create_model("convnext_atto", **small)


def efficientnet_v2(tiny):
    if not tiny:
        return timm.create_model("tf_efficientnetv2_b0")
    blocks = [["cn_r1_k3_s1_e1_c8_skip"], ["er_r1_k3_s2_e2_c8"], ["ir_r2_k3_s2_e2_c16_se0.25"]]
    return en.EfficientNet(
        decode_arch_def(blocks), num_classes=5, num_features=24, stem_size=8, pad_type="same",
        act_layer=resolve_act_layer({}, "silu"), norm_layer=partial(torch.nn.BatchNorm2d, eps=1e-3),
    )


def mobilenet_v3(tiny):
    if not tiny:
        return timm.create_model("mobilenetv3_large_100")
    blocks = [["ds_r1_k3_s1_e1_c8_nre"], ["ir_r1_k5_s2_e2_c8_se0.25_nre"], ["ir_r2_k3_s2_e2_c16_se0.25"], ["cn_r1_k1_s1_c24"]]
    return mn.MobileNetV3(
        decode_arch_def(blocks), num_classes=5, num_features=32, stem_size=8, round_chs_fn=partial(round_channels, multiplier=1.0),
        act_layer=resolve_act_layer({}, "hard_swish"), se_layer=partial(en.SqueezeExcite, gate_layer="hard_sigmoid", force_act_layer=torch.nn.ReLU),
    )


def swin(tiny):
    small = {"img_size": 32, "patch_size": 2, "window_size": 4, "embed_dim": 8, "depths": (2, 2), "num_heads": (1, 2), "num_classes": 5}
    return timm.create_model("swin_tiny_patch4_window7_224", **(small if tiny else {}))


def resnet(tiny):
    if not tiny:
        return timm.create_model("resnet50")
    return timm.models.ResNet(timm.models.resnet.Bottleneck, [1, 1, 1, 1], channels=(4, 4, 8, 8), stem_width=8, num_classes=5)


def half(make):
    return lambda tiny: make(tiny).half()


def bytes_in(make):
    return lambda tiny: Pixels(make(tiny))


# name: maker, outputs, size of the whole one, what is exported otherwise than by the old exporter with any batch
FILES = {
    "vit-old": (vit, ["logits"], 224, {}),
    "vit-dynamo": (vit, ["logits"], 224, {"by": "dynamo", "opset": 18}),
    "vit-hf-old-opset14": (vit_hf, ["logits"], 224, {"opset": 14}),
    "vit-hf-dynamo-one": (vit_hf, ["logits"], 224, {"by": "dynamo", "opset": 20, "batch": "one"}),
    "vit-quantized": (vit, ["logits"], 224, {"then": "quantize"}),
    "vit-converted-half": (vit, ["logits"], 224, {"then": "halve"}),
    "vit-half": (half(vit), ["logits"], 224, {"dtype": torch.float16}),
    "dinov2-old": (dinov2, ["last_hidden_state", "pooler_output"], 224, {}),
    "dinov2-tokens-any-size": (dinov2_tokens, ["last_hidden_state"], 224, {"size": "any"}),
    "dinov2-dynamo": (dinov2_tokens, ["last_hidden_state"], 224, {"by": "dynamo", "opset": 18}),
    "clip-old": (clip, ["image_embeds", "last_hidden_state"], 224, {}),
    "clip-dynamo": (clip, ["image_embeds", "last_hidden_state"], 224, {"by": "dynamo", "opset": 18, "external": True}),
    "siglip-old": (siglip, ["last_hidden_state", "pooler_output"], 224, {}),
    "siglip-dynamo": (siglip, ["last_hidden_state", "pooler_output"], 224, {"by": "dynamo", "opset": 18}),
    "convnext-old": (convnext, ["logits"], 224, {"size": "any"}),
    "convnext-dynamo": (convnext, ["logits"], 224, {"by": "dynamo", "opset": 18}),
    "efficientnet-v2-old": (efficientnet_v2, ["logits"], 224, {"opset": 11}),
    "efficientnet-v2-dynamo": (efficientnet_v2, ["logits"], 224, {"by": "dynamo", "opset": 18}),
    "mobilenet-v3-old": (mobilenet_v3, ["logits"], 224, {}),
    "mobilenet-v3-dynamo": (mobilenet_v3, ["logits"], 224, {"by": "dynamo", "opset": 18}),
    "mobilenet-v3-quantized": (mobilenet_v3, ["logits"], 224, {"then": "quantize"}),
    "mobilenet-v3-optimized": (mobilenet_v3, ["logits"], 224, {"then": "optimize"}),
    "mobilenet-v3-bytes": (bytes_in(mobilenet_v3), ["logits"], 224, {"dtype": torch.uint8}),
    "swin-old": (swin, ["logits"], 224, {}),
    "swin-dynamo": (swin, ["logits"], 224, {"by": "dynamo", "opset": 18}),
    "resnet-old-one": (resnet, ["logits"], 224, {"batch": "one", "opset": 13}),
    "resnet-dynamo": (resnet, ["logits"], 224, {"by": "dynamo", "opset": 18}),
    "resnet-half-dynamo": (half(resnet), ["logits"], 224, {"by": "dynamo", "opset": 18, "dtype": torch.float16}),
}
